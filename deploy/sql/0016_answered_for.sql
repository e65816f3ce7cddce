-- 代錄: answers recorded on a department's behalf are incidents that are over, with a code of their own. Few, and counted by
-- department: the product's first figure.
CREATE INDEX incident_answered_for ON incident (department, opened_at) WHERE code = 'answered_for';

-- What was recorded before is found in the journal once.
INSERT INTO incident (id, case_id, step, index, shard, code, message, department, region, opened_at, closed_at, closed_by, closed_how)
SELECT e.case_id || ':' || e.step || CASE WHEN e.data::json ->> 'index' IS NULL THEN '' ELSE '.' || (e.data::json ->> 'index') END || ':' || e.version,
       e.case_id, e.step, coalesce((e.data::json ->> 'index')::int, -1), e.shard, 'answered_for', coalesce(e.data::json ->> 'extra', ''),
       s.department, s.region, e.at, e.at, coalesce(e.data::json ->> 'actor', 'yijianshi'), 'answer_for'
FROM event e LEFT JOIN step s ON s.case_id = e.case_id AND s.step = e.step AND s.index = coalesce((e.data::json ->> 'index')::int, -1)
WHERE e.kind = 'operator_acted' AND e.data::json ->> 'reason' = 'answer_for' AND e.step IS NOT NULL
ON CONFLICT (id) DO NOTHING;

-- Who was given what of a case, for people at psql: a view over the journal, so that it costs no write and can't differ from
-- what happened. Titles, the fields behind an input and their basis stand in the definition: GET /v1/cases/{case}/disclosures.

CREATE VIEW disclosure AS
    SELECT e.at, e.case_id, c.definition_hash, e.step, coalesce((e.data::json ->> 'index')::int, -1) AS index, e.kind,
           e.data::json ->> 'department' AS department, e.data::json ->> 'region' AS region,
           e.data::json #>> '{data,item}' AS item, e.data::json #>> '{data,basis}' AS basis,
           (SELECT array_agg(k ORDER BY k) FROM json_object_keys(CASE WHEN json_typeof(g.given) = 'object' THEN g.given END) k) AS fields,
           (SELECT array_agg(m ->> 'id') FROM json_array_elements(coalesce(e.data::json #> '{data,materials}', '[]')) m) AS materials
    FROM event e JOIN case_ c ON c.id = e.case_id
    CROSS JOIN LATERAL (SELECT coalesce(e.data::json #> '{data,input}', e.data::json #> '{data,form}') AS given) g
    WHERE e.kind IN ('step_asked', 'undo_asked', 'correction_sent', 'materials_sent');
COMMENT ON VIEW disclosure IS 'What departments were given: a row a task, correction or later material. Ask it for a case: WHERE case_id = …';
COMMENT ON COLUMN disclosure.basis IS 'Of a lookup: consent, separate_consent, guardian, court, or the law; otherwise the item''s';
COMMENT ON COLUMN disclosure.fields IS 'Names in the input (of a correction: in its form), not their values';

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'yjs_daemon') THEN
        GRANT SELECT ON disclosure TO yjs_daemon;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'yjs_read') THEN
        GRANT SELECT ON disclosure TO yjs_read;
    END IF;
END
$$;

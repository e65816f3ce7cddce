-- Of a correction the department is given what its step reads: the event says that apart.

CREATE OR REPLACE VIEW disclosure AS
    SELECT e.at, e.case_id, c.definition_hash, e.step, coalesce((e.data::json ->> 'index')::int, -1) AS index, e.kind,
           e.data::json ->> 'department' AS department, e.data::json ->> 'region' AS region,
           e.data::json #>> '{data,item}' AS item, e.data::json #>> '{data,basis}' AS basis,
           (SELECT array_agg(k ORDER BY k) FROM json_object_keys(CASE WHEN json_typeof(g.given) = 'object' THEN g.given END) k) AS fields,
           (SELECT array_agg(m ->> 'id') FROM json_array_elements(coalesce(e.data::json #> '{extra,materials}', e.data::json #> '{data,materials}', '[]')) m) AS materials
    FROM event e JOIN case_ c ON c.id = e.case_id
    CROSS JOIN LATERAL (SELECT coalesce(e.data::json #> '{data,input}', e.data::json #> '{extra,form}', e.data::json #> '{data,form}') AS given) g
    WHERE e.kind IN ('step_asked', 'undo_asked', 'correction_sent', 'materials_sent');

/* Questions of the web about materials, and about who was given or shown what is personal. One JSON text a row. */
#include "store/statements.h"

#include <stddef.h>

#define MATERIAL_COLUMNS "m.digest, m.size, m.media_type, m.scan, m.uploaded_by, m.uploaded_at"
/* A case and all below it: a sub-case's materials come with it. */
#define FAMILY(of) \
    "WITH RECURSIVE family AS (SELECT c.id FROM case_ c WHERE c.id " of " UNION ALL SELECT k.id FROM case_ k JOIN family f ON k.parent = f.id) "

const struct query queries_privacy[] = {
    {"material_put", "digest,size,media_type,scan,by,role",
     "the row of what was kept: digest, size, media_type, scan, fresh (was not there); no row: it is just being taken away", true,
     "WITH m AS (INSERT INTO material AS o (digest, size, media_type, scan, uploaded_by, scanned_at, brought_role) "
     "VALUES ($1::text, $2::text::bigint, $3::text, $4::text, $5::text, CASE WHEN $4::text = 'clean' THEN now() END, $6::text) "
     "ON CONFLICT (digest) DO UPDATE SET scan = CASE WHEN excluded.scan = 'clean' THEN 'clean' ELSE o.scan END, "
     "scanned_at = coalesce(excluded.scanned_at, o.scanned_at), brought_at = now(), brought_role = CASE WHEN excluded.brought_role = 'integrator' "
     "THEN 'integrator' ELSE o.brought_role END WHERE o.taken_at IS NULL RETURNING *, xmax = 0 AS fresh) "
     "SELECT row_to_json(x)::text FROM (SELECT " MATERIAL_COLUMNS ", m.fresh FROM m) x"},
    {"material_take", "by,keep_us,again_us,most", "marks materials that no case names: digest", true,
     "SELECT json_build_object('digest', t)::text FROM material_take($1::text, $2::text::bigint * interval '1 microsecond', "
     "$3::text::bigint * interval '1 microsecond', $4::text::int) t"},
    {"material_gone", "digest,by", "the bytes are away; by absent: they never came to lie there; no row", true,
     "WITH g AS (DELETE FROM material WHERE digest = $1::text AND ($2::text IS NULL OR taken_by = $2::text) RETURNING digest), "
     "b AS (DELETE FROM material_brought WHERE digest IN (SELECT digest FROM g)) SELECT NULL::text WHERE false"},
    {"material_show", "digest", "digest, size, media_type, scan, uploaded_by, uploaded_at, uses [{case, material, at}]; no row: there is none", false,
     "SELECT row_to_json(x)::text FROM (SELECT " MATERIAL_COLUMNS ", (SELECT coalesce(json_agg(u ORDER BY u.at), '[]') FROM "
     "(SELECT case_id AS \"case\", material, at FROM material_use WHERE digest = m.digest) u) AS uses "
     "FROM material m WHERE m.digest = $1::text) x"},
    {"materials_known", "digests,case",
     "digests: JSON array; gives digest, size, media_type of those that are kept; case: of those that its parties brought or that it names", false,
     "SELECT row_to_json(x)::text FROM (SELECT m.digest, m.size, m.media_type FROM material m "
     "WHERE m.taken_at IS NULL AND m.digest = ANY (ARRAY(SELECT json_array_elements_text($1::text::json))) AND ($2::text IS NULL OR EXISTS "
     "(SELECT FROM material_brought b WHERE b.case_id = $2::text AND b.digest = m.digest) OR EXISTS "
     "(SELECT FROM material_use u WHERE u.case_id = $2::text AND u.digest = m.digest))) x"},
    {"material_allow", "case,person,most", "counts an upload of a person for a case; no row: it has had its most", true,
     "INSERT INTO material_allowance AS a (case_id, person, uploads) SELECT $1::text, $2::text, 1 WHERE $3::text::int > 0 "
     "ON CONFLICT (case_id, person) DO UPDATE SET uploads = a.uploads + 1 WHERE a.uploads < $3::text::int "
     "RETURNING json_build_object('uploads', uploads)::text"},
    {"material_allow_back", "case,person", "an upload came to nothing; no row", true,
     "WITH b AS (UPDATE material_allowance SET uploads = uploads - 1 WHERE case_id = $1::text AND person = $2::text AND uploads > 0) "
     "SELECT NULL::text WHERE false"},
    {"material_bring", "digest,case,person", "notes what a person brought for a case; no row: it was there already", true,
     "INSERT INTO material_brought (digest, case_id, person) VALUES ($1::text, $2::text, $3::text) ON CONFLICT DO NOTHING "
     "RETURNING json_build_object('at', at)::text"},
    {"material_types", "case,thing", "id and types of the materials whose types a definition names: a case's own, else the thing's current one", false,
     "SELECT json_build_object('id', e ->> 'id', 'types', e -> 'types')::text FROM definition d, "
     "json_array_elements(coalesce(d.canonical::json -> 'materials', '[]')) e WHERE e -> 'types' IS NOT NULL AND d.hash = "
     "coalesce((SELECT c.definition_hash FROM case_ c WHERE c.id = $1::text), (SELECT o.hash FROM definition o WHERE o.thing = $2::text "
     "AND o.current))"},
    {"material_use", "case,materials", "materials: JSON array of {id, digest}; notes where they were brought to; gives kept: how many of them are there", true,
     "WITH e AS MATERIALIZED (SELECT DISTINCT x ->> 'digest' AS digest, x ->> 'id' AS id FROM json_array_elements($2::text::json) x "
     "WHERE x ->> 'digest' IS NOT NULL), m AS MATERIALIZED (SELECT digest FROM material WHERE digest IN (SELECT digest FROM e) "
     "AND taken_at IS NULL FOR SHARE), u AS (INSERT INTO material_use (digest, case_id, material) SELECT e.digest, $1::text, e.id "
     "FROM e JOIN m USING (digest) ON CONFLICT DO NOTHING) "
     "SELECT json_build_object('kept', (SELECT count(*) FROM m), 'named', (SELECT count(DISTINCT digest) FROM e))::text"},
    {"material_given", "digest,department,region",
     "a case in whose journal the department (of this region, absent: any) was given the material; no row: it never was", false,
     FAMILY("IN (SELECT u.case_id FROM material_use u WHERE u.digest = $1::text)")
     "SELECT json_build_object('case', e.case_id)::text FROM family f JOIN event e ON e.case_id = f.id "
     "WHERE e.kind IN ('step_asked', 'correction_sent', 'materials_sent', 'undo_asked') "
     "AND e.data::json ->> 'department' = $2::text AND ($3::text IS NULL OR e.data::json ->> 'region' = $3::text) "
     "AND EXISTS (SELECT FROM json_array_elements(coalesce(e.data::json #> '{extra,materials}', e.data::json #> '{data,materials}', '[]')) g "
     "WHERE g ->> 'digest' = $1::text) "
     "ORDER BY e.at DESC LIMIT 1"},
    {"case_personal", "id",
     "where a case's personal data is told from: definition (its hash), forms (as submitted, then what each correction and later bringing "
     "changed, in order: RFC 7396)",
     false,
     "SELECT json_build_object('definition', c.definition_hash, 'forms', (SELECT coalesce(json_agg(CASE WHEN e.kind = 'case_started' "
     "THEN e.data::json -> 'data' ELSE e.data::json #> '{data,form}' END ORDER BY e.version), '[]') FROM event e WHERE e.case_id = c.id "
     "AND e.kind IN ('case_started', 'correction_sent', 'materials_given')))::text FROM case_ c WHERE c.id = $1::text"},
    {"case_given", "id",
     "what a case and all below it gave to departments, in order: case, definition, region, kind, step, at, data; and what changed their "
     "forms (case_started, materials_given)",
     false,
     FAMILY("= $1::text")
     "SELECT json_build_object('case', e.case_id, 'definition', c.definition_hash, 'region', c.region, 'kind', e.kind, 'step', e.step, "
     "'at', e.at, 'data', e.data::json)::text FROM family f JOIN case_ c ON c.id = f.id JOIN event e ON e.case_id = f.id "
     "WHERE e.kind IN ('case_started', 'step_asked', 'undo_asked', 'correction_sent', 'materials_sent', 'materials_given') "
     "ORDER BY e.at, e.seq"},
    {"case_consents", "id",
     "what was said of consents in a case and all below it, in order: case, at, by, person (null: all of them), source (null: all), word, reason, "
     "applied (true: it stood in the application)",
     false,
     FAMILY("= $1::text")
     ", word AS (SELECT e.case_id, e.at, e.seq, e.data::json ->> 'actor' AS by, e.data::json #>> '{data,person}' AS person, "
     "e.data::json #>> '{data,source}' AS source, coalesce(e.data::json #>> '{data,word}', 'withdrawn') AS word, "
     "e.data::json #>> '{data,reason}' AS reason, false AS applied FROM family f JOIN event e ON e.case_id = f.id WHERE e.kind = 'signal_noted' "
     "AND (e.data::json ->> 'id' = 'consent_withdrawn' OR e.data::json ->> 'id' LIKE 'consent.%') UNION ALL "
     "SELECT e.case_id, e.at, e.seq, NULL, x.person, nullif(k.key, '*'), CASE k.value WHEN 'true' THEN 'given' ELSE 'refused' END, NULL, true "
     "FROM event e CROSS JOIN LATERAL (SELECT 'applicant' AS person, e.data::json #> '{extra,consent}' AS consent UNION ALL "
     "SELECT p.key || '.' || (o.n - 1), o.v -> 'consent' FROM json_each(CASE json_typeof(e.data::json #> '{extra,parties}') WHEN 'object' "
     "THEN e.data::json #> '{extra,parties}' ELSE '{}' END) p CROSS JOIN LATERAL json_array_elements(CASE json_typeof(p.value) WHEN 'array' "
     "THEN p.value WHEN 'object' THEN json_build_array(p.value) ELSE '[]' END) WITH ORDINALITY o (v, n)) x "
     "CROSS JOIN LATERAL json_each_text(CASE json_typeof(x.consent) WHEN 'boolean' THEN json_build_object('*', x.consent) WHEN 'object' "
     "THEN x.consent ELSE '{}' END) k WHERE e.case_id = $1::text AND e.kind = 'case_started') "
     "SELECT json_build_object('case', case_id, 'at', at, 'by', by, 'person', person, 'source', source, 'word', word, 'reason', reason, "
     "'applied', applied)::text FROM word ORDER BY at, seq, person, source"},
    {"party_consents", "case",
     "what is looked up by consent, by the case and all that may be below it: source, basis, of (parties; null: all), for (titles of what is looked "
     "up), asked_at (the first time; null: not yet); each once",
     false,
     FAMILY("= $1::text")
     ", used AS (SELECT c.definition_hash AS hash FROM case_ c WHERE c.id = $1::text UNION SELECT t.value FROM used u JOIN definition d "
     "ON d.hash = u.hash CROSS JOIN LATERAL json_each_text(coalesce(d.canonical::json -> 'things', '{}')) t), "
     "l AS (SELECT u.hash, s ->> 'id' AS step, coalesce(s #>> '{lookup,source}', s ->> 'source') AS source, "
     "coalesce(s #>> '{lookup,basis}', s ->> 'basis') AS basis, coalesce(s #> '{lookup,of}', s -> 'of')::text AS of, "
     "coalesce(s -> 'title', s -> 'id')::text AS title FROM used u JOIN definition d ON d.hash = u.hash "
     "CROSS JOIN LATERAL json_array_elements(coalesce(d.canonical::json -> 'steps', '[]')) s UNION ALL "
     "SELECT u.hash, 'fetch_' || (m ->> 'id'), m #>> '{from,lookup}', m #>> '{from,basis}', (m #> '{from,of}')::text, "
     "coalesce(m -> 'title', m -> 'id')::text FROM used u JOIN definition d ON d.hash = u.hash "
     "CROSS JOIN LATERAL json_array_elements(coalesce(d.canonical::json -> 'materials', '[]')) m WHERE json_typeof(m -> 'from') = 'object') "
     "SELECT json_build_object('source', l.source, 'basis', l.basis, 'of', l.of::json, 'for', json_agg(l.title::json ORDER BY l.title), "
     "'asked_at', min((SELECT min(st.asked_at) FROM family f JOIN case_ c ON c.id = f.id JOIN step st ON st.case_id = c.id "
     "WHERE c.definition_hash = l.hash AND st.step = l.step)))::text FROM l WHERE l.basis IN ('consent', 'separate_consent', 'guardian') "
     "GROUP BY l.source, l.basis, l.of ORDER BY l.source, l.basis, l.of"},
    {"case_seen", "id", "who was shown what of a case, of all below it and of the materials that they name: rows of access, in order", false,
     FAMILY("= $1::text")
     "SELECT row_to_json(x)::text FROM (SELECT a.at, a.what, a.who, a.role, a.department, a.case_id AS \"case\", a.subject, a.reason "
     "FROM access a WHERE a.case_id IN (SELECT id FROM family) OR (a.what = 'material' AND a.case_id IS NULL AND a.subject IN "
     "(SELECT u.digest FROM material_use u JOIN family f ON f.id = u.case_id)) ORDER BY a.id) x"},
    {"access_note", "who,role,department,what,case,subject,reason", "writes down who is shown what; gives id, at", true,
     "INSERT INTO access (who, role, department, what, case_id, subject, reason) VALUES ($1::text, $2::text, $3::text, $4::text, $5::text, "
     "$6::text, $7::text) RETURNING json_build_object('id', id, 'at', at)::text"},
    {NULL, NULL, NULL, false, NULL},
};

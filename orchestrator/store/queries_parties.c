/* Questions about persons of a case: their codes, and what each may see. One JSON text a row. */
#include "store/statements.h"

#include <stddef.h>

#define PARTS(member, keys) \
    "(SELECT coalesce(json_agg(json_build_object(" keys ")), '[]') FROM json_array_elements(coalesce(d.canonical::json -> '" member \
    "', '[]')) p)"
/* As the last change of a contact left them. */
#define PARTIES \
    "(SELECT o.data::json -> 'extra' -> 'parties' FROM event o WHERE o.case_id = c.id AND o.kind IN ('case_started', 'contact_changed') " \
    "ORDER BY o.version DESC LIMIT 1)"
#define SIGNED "(SELECT coalesce(json_agg(s.data::json -> 'id'), '[]') FROM event s WHERE s.case_id = c.id AND s.kind = 'signal_noted')"

const struct query queries_parties[] = {
    {"party_codes_put", "case,by,rows,renew",
     "rows: [{person, salt, iterations, hash}]; renew: yes writes over what is there, and forgets wrong tries; gives the person of each "
     "that was written",
     true,
     "WITH freed AS (DELETE FROM party_access WHERE case_id = $1::text AND $4::text = 'yes'), "
     "made AS (INSERT INTO party_code AS p (case_id, person, salt, iterations, hash, made_by) SELECT $1::text, r.person, r.salt, "
     "r.iterations, r.hash, $2::text FROM json_to_recordset($3::text::json) AS r (person text, salt text, iterations int, hash text) "
     "ON CONFLICT (case_id, person) DO UPDATE SET salt = excluded.salt, iterations = excluded.iterations, hash = excluded.hash, "
     "made_at = now(), made_by = excluded.made_by WHERE $4::text = 'yes' RETURNING person) "
     "SELECT json_build_object('person', person)::text FROM made"},
    {"party_try", "case,most,block_s",
     "counts a try to enter with a code and gives `codes` [{person, salt, iterations, hash}] of the case; `blocked_s` instead while it is "
     "blocked; no row: there is no such case, or it has no codes",
     true,
     "WITH k AS (SELECT json_agg(json_build_object('person', person, 'salt', salt, 'iterations', iterations, 'hash', hash)) AS codes "
     "FROM party_code WHERE case_id = $1::text HAVING count(*) > 0), "
     "t AS (INSERT INTO party_access AS a (case_id, tries) SELECT $1::text, 1 FROM k ON CONFLICT (case_id) DO UPDATE SET tried_at = now(), "
     "tries = CASE WHEN a.blocked_until <= now() THEN 1 WHEN a.blocked_until IS NULL THEN a.tries + 1 ELSE a.tries END, "
     "rounds = a.rounds + CASE WHEN a.blocked_until IS NULL AND a.tries + 1 > $2::text::int THEN 1 ELSE 0 END, "
     "blocked_until = CASE WHEN a.blocked_until > now() THEN a.blocked_until WHEN a.blocked_until IS NULL AND a.tries + 1 > $2::text::int "
     "THEN now() + least($3::text::int * power(2, least(a.rounds, 10)), 86400) * interval '1 second' END RETURNING *) "
     "SELECT CASE WHEN t.blocked_until IS NULL THEN json_build_object('codes', k.codes) ELSE json_build_object('blocked_s', "
     "ceil(extract(epoch FROM t.blocked_until - now()))::int) END::text FROM k, t"},
    {"party_passed", "case", "the code was right: wrong tries are forgotten; no row", true,
     "WITH t AS (DELETE FROM party_access WHERE case_id = $1::text) SELECT NULL::text WHERE false"},
    {"party_case", "case",
     "what a party's view is made of: id, thing, title, region, phase, outcome, started_at, closed_at, version, rating, items, steps, parties "
     "(as they are now), party_titles, signed, clocks, open [{step, index, kind, state, department, due_at, correcting}]",
     false,
     "SELECT row_to_json(x)::text FROM (SELECT c.id, c.thing, d.canonical::json -> 'title' AS title, c.region, c.phase, c.outcome, "
     "c.started_at, c.closed_at, c.version, EXISTS (SELECT FROM event r WHERE r.case_id = c.id AND r.kind = 'case_rated') AS rated, "
     PARTS("items", "'id', p -> 'id', 'title', p -> 'title', 'department', p -> 'department'") " AS items, "
     PARTS("steps", "'id', p -> 'id', 'title', p -> 'title', 'department', p -> 'department', 'item', p -> 'item', 'wait', p -> 'wait', "
                    "'kind', p -> 'kind', 'uncounted', p -> 'uncounted'") " AS steps, "
     PARTS("parties", "'id', p -> 'id', 'title', p -> 'title', 'signs', p -> 'signs', 'withdraws', p -> 'withdraws'") " AS party_titles, "
     PARTIES " AS parties, " SIGNED " AS signed, "
     "(SELECT coalesce(json_agg(json_build_object('item', k.item, 'clock', k.clock, 'state', k.state, 'light', k.light, 'due_at', k.due_at, "
     "'ended_at', k.ended_at)), '[]') FROM clock k WHERE k.case_id = c.id) AS clocks, "
     "(SELECT coalesce(json_object_agg(s.step, s.state), '{}') FROM step s WHERE s.case_id = c.id AND s.index = -1) AS states, "
     "(SELECT coalesce(json_agg(json_build_object('step', s.step, 'index', s.index, 'kind', s.kind, 'state', s.state, 'department', "
     "s.department, 'due_at', s.due_at, 'asked_at', s.asked_at, 'correcting', (SELECT CASE WHEN e.kind IN ('answer_noted', 'material_asked') "
     "THEN e.data::json END FROM event e WHERE e.case_id = s.case_id AND e.step = s.step AND coalesce((e.data::json ->> 'index')::int, -1) "
     "= s.index AND (e.kind IN ('correction_sent', 'materials_given', 'material_asked') OR (e.kind = 'answer_noted' AND e.data::json ->> "
     "'answer' = 'correction')) ORDER BY e.version DESC LIMIT 1)) ORDER BY s.position, s.index), '[]') FROM step s WHERE s.case_id = c.id "
     "AND s.open) AS open "
     "FROM case_ c JOIN definition d ON d.hash = c.definition_hash WHERE c.id = $1::text) x"},
    {"party_history", "case",
     "what happened that has a word of the law, or that somebody did: version, at, kind, step, item, department, signal, said", false,
     "SELECT row_to_json(x)::text FROM (SELECT e.version, e.at, e.kind, e.step, e.data::json ->> 'item' AS item, e.data::json ->> "
     "'department' AS department, CASE WHEN e.kind = 'signal_noted' THEN e.data::json ->> 'id' END AS signal, "
     "json_build_object('kind', e.kind, 'answer', e.data::json ->> 'answer', 'state', e.data::json ->> 'state', 'outcome', e.data::json ->> "
     "'outcome', 'reason', CASE WHEN e.kind = 'item_accepted' THEN e.data::json ->> 'reason' END, 'step_kind', (SELECT s.kind FROM step s "
     "WHERE s.case_id = e.case_id AND s.step = e.step AND s.index = -1), 'region', c.region) AS said "
     "FROM event e JOIN case_ c ON c.id = e.case_id WHERE e.case_id = $1::text AND e.kind IN ('case_started', 'item_received', "
     "'item_accepted', 'answer_noted', 'correction_sent', 'step_ended', 'stop_decided', 'case_closed', 'signal_noted', 'item_extended', "
     "'materials_given', 'case_rated') ORDER BY e.version LIMIT 1000) x"},
    {NULL, NULL, NULL, false, NULL},
};

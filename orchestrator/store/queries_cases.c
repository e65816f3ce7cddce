/* Questions of the web and yjsctl about things, cases, tasks and what departments have open. One JSON text a row.
 *
 * Lists are paged by cursor: the `id` (tasks: `task`) of the last row that was shown; `limit` 50, at most 1000. */
#include "store/statements.h"

#include <stddef.h>

#define LIMIT(n) " LIMIT least(coalesce(" n "::text::int, 50), 1000)"
#define CASE_COLUMNS \
    "c.id, c.root, c.parent, c.thing, c.title, c.region, c.phase, c.outcome, c.stop, c.priority, c.incidents AS open_incidents, c.version, " \
    "c.started_at, c.changed_at, c.closed_at, c.definition_hash AS definition"
#define TASK_ID "s.case_id || ':' || s.step || CASE WHEN s.index < 0 THEN '' ELSE '.' || s.index END || ':' || s.attempt"
/* A step's place in a worklist: p is its row of step_priority. */
#define PRIORITY "(c.priority + coalesce(p.priority, 0))"
#define ASKED_US "coalesce(extract(epoch FROM s.asked_at) * 1000000, 0)::bigint"
#define STEP_COLUMNS \
    "s.step, s.index, s.kind, s.position, s.state, s.open, s.attempt, s.department, s.region, s.child, s.reason, s.asked_at, " \
    "s.due_at, s.ended_at"
#define CLAIM \
    "(SELECT row_to_json(q) FROM (SELECT k.claimed_by AS by, k.at, k.until FROM task_claim k WHERE k.case_id = s.case_id " \
    "AND k.step = s.step AND k.index = s.index AND k.attempt = s.attempt AND k.until > now()) q) AS claim"

/* What a status is told from (model/status.h): nothing of it is personal. */
#define SAID \
    "json_build_object('kind', e.kind, 'answer', e.data::json ->> 'answer', 'state', e.data::json ->> 'state', 'outcome', " \
    "e.data::json ->> 'outcome', 'reason', CASE WHEN e.kind = 'item_accepted' THEN e.data::json ->> 'reason' END, " \
    "'step_kind', (SELECT s.kind FROM step s WHERE s.case_id = e.case_id AND s.step = e.step AND s.index = -1), " \
    "'region', (SELECT c.region FROM case_ c WHERE c.id = e.case_id))"

#define SAYING \
    "'case_started', 'step_asked', 'item_received', 'item_accepted', 'answer_noted', 'correction_sent', 'step_ended', " \
    "'stop_decided', 'case_closed'"

const struct query queries_cases[] = {
    {"things_list", "", "the current definitions: thing, hash, published_at, published_by, title, regions", false,
     "SELECT row_to_json(x)::text FROM (SELECT d.thing, d.hash, d.published_at, d.published_by, d.canonical::json -> 'title' "
     "AS title, d.canonical::json -> 'regions' AS regions FROM definition d WHERE d.current ORDER BY d.thing) x"},
    {"thing_show", "hash_or_name",
     "one definition by hash, or the current one of a thing: as in things_list, with canonical (JSON), current, "
     "withdrawn_at and versions [{hash, published_at, published_by, current, withdrawn_at}]",
     false,
     "SELECT row_to_json(x)::text FROM (SELECT d.thing, d.hash, d.current, d.published_at, d.published_by, d.withdrawn_at, "
     "d.canonical::json -> 'title' AS title, d.canonical::json AS canonical, "
     "(SELECT json_agg(v ORDER BY v.published_at DESC) FROM (SELECT o.hash, o.published_at, o.published_by, o.current, "
     "o.withdrawn_at FROM definition o WHERE o.thing = d.thing) v) AS versions "
     "FROM definition d WHERE d.hash = $1::text OR (d.thing = $1::text AND d.current)) x"},
    {"case_definition", "id", "the hash of the definition that a case runs on", false,
     "SELECT json_build_object('definition', definition_hash)::text FROM case_ WHERE id = $1::text"},
    {"step_result", "hash,step", "a step of a definition: kind and schema (of its result; null: none)", false,
     "SELECT json_build_object('kind', s -> 'kind', 'schema', CASE json_typeof(s -> 'result') WHEN 'string' "
     "THEN d.canonical::json -> 'schemas' -> (s ->> 'result') ELSE s -> 'result' END)::text "
     "FROM definition d, json_array_elements(d.canonical::json -> 'steps') s WHERE d.hash = $1::text AND s ->> 'id' = $2::text"},
    {"thing_source", "hash_or_name", "thing, hash and source (YAML) as its author wrote it", false,
     "SELECT json_build_object('thing', thing, 'hash', hash, 'source', source)::text FROM definition "
     "WHERE hash = $1::text OR (thing = $1::text AND current)"},
    {"thing_current", "thing", "the current definition's hash; no row: there is none", false,
     "SELECT json_build_object('hash', hash)::text FROM definition WHERE thing = $1::text AND current"},
    {"cases_list", "thing,phase,outcome,region,department,text,changed_since,cursor,limit,scope",
     "cases, newest first. phase: running, stopping, closed or open (= not closed); department: has an open step there; "
     "text: beginning of the number or title; changed_since: RFC 3339; scope: all = sub-cases too",
     false,
     "SELECT row_to_json(x)::text FROM (SELECT " CASE_COLUMNS " FROM case_ c "
     "WHERE ($1::text IS NULL OR c.thing = $1::text) "
     "AND ($2::text IS NULL OR CASE WHEN $2::text = 'open' THEN c.phase <> 'closed' ELSE c.phase = $2::text END) "
     /* Said once more, so that the index of open cases fits once the parameters are known. */
     "AND ($2::text IS NULL OR $2::text = 'closed' OR c.phase <> 'closed') "
     "AND ($3::text IS NULL OR c.outcome = $3::text) "
     "AND ($4::text IS NULL OR c.region = $4::text) "
     "AND ($5::text IS NULL OR EXISTS (SELECT FROM step s WHERE s.case_id = c.id AND s.open AND s.department = $5::text)) "
     "AND ($6::text IS NULL OR starts_with(c.id, $6::text) OR starts_with(c.title, $6::text)) "
     "AND ($7::text IS NULL OR c.changed_at >= $7::text::timestamptz) "
     "AND ($8::text IS NULL OR (c.started_at, c.id) < (SELECT p.started_at, p.id FROM case_ p WHERE p.id = $8::text)) "
     "AND ($10::text = 'all' OR c.parent IS NULL) "
     "ORDER BY c.started_at DESC, c.id DESC" LIMIT("$9") ") x"},
    {"case_show", "id",
     "one case with steps [all of the definition, in its order; what nothing has touched yet is waiting], children [cases] "
     "and incidents [all, newest first]",
     false,
     "SELECT row_to_json(x)::text FROM (SELECT " CASE_COLUMNS ", c.source, c.source_id, "
     "(SELECT coalesce(json_agg(t ORDER BY t.position, t.index), '[]') FROM (SELECT coalesce(s.step, p.id) AS step, "
     "coalesce(s.index, -1) AS index, coalesce(s.kind, p.kind) AS kind, coalesce(p.place, s.position) AS position, "
     "coalesce(s.state, 'waiting') AS state, coalesce(s.open, false) AS open, coalesce(s.attempt, 0) AS attempt, "
     "s.department, s.region, s.child, s.reason, s.asked_at, s.due_at, s.ended_at "
     "FROM (SELECT e.value ->> 'id' AS id, coalesce(e.value ->> 'kind', 'task') AS kind, (e.place - 1)::int AS place "
     "FROM definition d, json_array_elements(d.canonical::json -> 'steps') WITH ORDINALITY AS e (value, place) "
     "WHERE d.hash = c.definition_hash) p FULL JOIN (SELECT * FROM step o WHERE o.case_id = c.id) s ON s.step = p.id) t) AS steps, "
     "(SELECT coalesce(json_agg(k ORDER BY k.started_at), '[]') FROM (SELECT k.id, k.thing, k.phase, k.outcome, k.started_at, "
     "k.closed_at FROM case_ k WHERE k.parent = c.id) k) AS children, "
     "(SELECT coalesce(json_agg(i ORDER BY i.opened_at DESC), '[]') FROM incident i WHERE i.case_id = c.id) AS incidents "
     "FROM case_ c WHERE c.id = $1::text) x"},
    {"case_timeline", "id,after_version,with_data,limit",
     "events of a case after a version, oldest first: version, at, kind, step, seq, and data when with_data is yes", false,
     "SELECT row_to_json(x)::text FROM (SELECT e.version, e.at, e.kind, e.step, e.shard, e.seq, "
     "CASE WHEN $3::text = 'yes' THEN e.data::json END AS data FROM event e "
     "WHERE e.case_id = $1::text AND e.version > coalesce($2::text::int, 0) ORDER BY e.version"
     " LIMIT least(coalesce($4::text::int, 1000), 10000)) x"},
    {"case_events", "id,after_version,data,limit",
     "as case_timeline, with `said` (what a status is told from); data: whose data is shown: * (all), a department's id (of its "
     "own steps), or absent (none)",
     false,
     "SELECT row_to_json(x)::text FROM (SELECT " SAID " AS said, e.version, e.at, e.kind, e.step, "
     "CASE WHEN $3::text = '*' OR EXISTS (SELECT FROM step s WHERE s.case_id = e.case_id AND s.step = e.step "
     "AND s.department = $3::text AND e.kind <> 'materials_given' AND s.index = coalesce((e.data::json ->> 'index')::int, -1)) "
     "THEN CASE WHEN e.kind = 'correction_sent' AND $3::text <> '*' AND e.data::jsonb ? 'extra' "
     "THEN (e.data::jsonb - 'extra' || jsonb_build_object('data', e.data::jsonb -> 'extra'))::json ELSE e.data::json END END AS data "
     "FROM event e WHERE e.case_id = $1::text AND e.version > coalesce($2::text::int, 0) ORDER BY e.version"
     " LIMIT least(coalesce($4::text::int, 1000), 10000)) x"},
    {"case_said", "id", "`events`: what each event of a case that has a status says, in order", false,
     "SELECT json_build_object('events', coalesce(json_agg(" SAID " ORDER BY e.version), '[]'))::text FROM event e "
     "WHERE e.case_id = $1::text AND e.kind IN (" SAYING ")"},
    {"cases_said", "ids", "ids: JSON array of case ids; for each its id and `events`, as case_said", false,
     "SELECT json_build_object('id', e.case_id, 'events', json_agg(" SAID " ORDER BY e.version))::text FROM event e "
     "WHERE e.case_id = ANY (ARRAY(SELECT json_array_elements_text($1::text::json))) AND e.kind IN (" SAYING ") GROUP BY e.case_id"},
    {"case_clocks", "id", "acceptance and clocks of a case's items, and of the case (item empty), as in the table clock", false,
     "SELECT row_to_json(x)::text FROM (SELECT k.item, k.clock, k.state, k.light, k.department, k.started_at, k.due_at, "
     "k.ended_at, k.changed_at, k.explained FROM clock k WHERE k.case_id = $1::text ORDER BY k.item = '' DESC, "
     "min(k.started_at) OVER (PARTITION BY k.item), k.item, array_position(ARRAY['acceptance', 'promise', 'statute', "
     "'delivery'], k.clock::text)) x"},
    {"clocks_list", "department,light,item,cursor,limit",
     "open clocks whose light is not green, the one that is due first at first: case, thing, region, item, clock, department, "
     "state, light, due_at. department, light: of these alone; cursor: the last row's `at` (case/item/clock)",
     false,
     "SELECT row_to_json(x)::text FROM (SELECT k.case_id || '/' || k.item || '/' || k.clock AS at, k.case_id AS \"case\", k.thing, "
     "k.region, k.item, k.clock, k.department, k.state, k.light, k.started_at, k.due_at FROM clock k "
     "WHERE k.ended_at IS NULL AND k.light <> 'green' AND ($1::text IS NULL OR k.department = $1::text) "
     "AND ($2::text IS NULL OR k.light = $2::text) AND ($3::text IS NULL OR k.item = $3::text) "
     "AND ($4::text IS NULL OR (k.due_at, k.case_id || '/' || k.item || '/' || k.clock) > (SELECT p.due_at, $4::text FROM clock p "
     "WHERE p.case_id = split_part($4::text, '/', 1) AND p.item = split_part($4::text, '/', 2) "
     "AND p.clock = split_part($4::text, '/', 3))) "
     "ORDER BY k.due_at, k.case_id || '/' || k.item || '/' || k.clock" LIMIT("$5") ") x"},
    {"case_versions", "ids", "ids: JSON array of case ids; gives id, version, phase, changed_at of those that are there", false,
     "SELECT json_build_object('id', id, 'version', version, 'phase', phase, 'changed_at', changed_at)::text FROM case_ "
     "WHERE id = ANY (ARRAY(SELECT json_array_elements_text($1::text::json)))"},
    {"tasks_list", "department,region,cursor,limit,state",
     "open steps, the higher priority first, then the oldest: task, case, step, index, attempt, state, department, region, "
     "asked_at, due_at, thing, title, priority (the step's and the case's), claim {by, at, until}, at. department and region "
     "absent: any; state: running, stuck …; cursor: the last row's `at` (priority~asked_at in µs~task)",
     false,
     "SELECT row_to_json(x)::text FROM (SELECT " TASK_ID " AS task, s.case_id AS \"case\", " STEP_COLUMNS
     ", c.thing, c.title, c.root, " PRIORITY " AS priority, " PRIORITY " || '~' || " ASKED_US " || '~' || " TASK_ID " AS at, " CLAIM
     " FROM step s JOIN case_ c ON c.id = s.case_id LEFT JOIN step_priority p ON p.definition_hash = c.definition_hash AND p.step = s.step "
     "WHERE s.open AND ($1::text IS NULL OR s.department = $1::text) AND ($2::text IS NULL OR s.region = $2::text) "
     "AND ($5::text IS NULL OR s.state = $5::text) AND ($3::text IS NULL OR (-" PRIORITY ", " ASKED_US ", (" TASK_ID ") COLLATE \"C\") > "
     "(-split_part($3::text, '~', 1)::int, split_part($3::text, '~', 2)::bigint, split_part($3::text, '~', 3))) "
     "ORDER BY " PRIORITY " DESC, " ASKED_US ", (" TASK_ID ") COLLATE \"C\"" LIMIT("$4") ") x"},
    {"task_show", "case,step,index",
     "one step as in tasks_list with `asked`: the event that asked it last (kind, version, at, data). index absent: the step "
     "itself",
     false,
     "SELECT row_to_json(x)::text FROM (SELECT " TASK_ID " AS task, s.case_id AS \"case\", " STEP_COLUMNS
     ", c.thing, c.title, c.root, " PRIORITY " AS priority, " CLAIM ", (SELECT row_to_json(q) FROM (SELECT e.kind, e.version, e.at, e.data::json AS data "
     "FROM event e WHERE e.case_id = s.case_id AND e.step = s.step AND e.kind IN ('step_asked', 'undo_asked') "
     "AND (s.index < 0 OR (e.data::json ->> 'index')::int = s.index) ORDER BY e.version DESC LIMIT 1) q) AS asked "
     "FROM step s JOIN case_ c ON c.id = s.case_id LEFT JOIN step_priority p ON p.definition_hash = c.definition_hash AND p.step = s.step "
     "WHERE s.case_id = $1::text AND s.step = $2::text AND s.index = coalesce($3::text::int, -1)) x"},
    {"task_claim", "case,step,index,attempt,by,seconds",
     "takes an open step for somebody; gives by, at, until; no row: it is over, or somebody else has it", true,
     "WITH old AS (DELETE FROM task_claim WHERE until < now() - interval '1 day'), "
     "k AS (INSERT INTO task_claim (case_id, step, index, attempt, claimed_by, at, until) "
     "SELECT s.case_id, s.step, s.index, s.attempt, $5::text, now(), now() + make_interval(secs => $6::text::int) FROM step s "
     "WHERE s.case_id = $1::text AND s.step = $2::text AND s.index = $3::text::int AND s.attempt = $4::text::int AND s.open "
     "ON CONFLICT (case_id, step, index) DO UPDATE SET attempt = excluded.attempt, claimed_by = excluded.claimed_by, "
     "at = excluded.at, until = excluded.until WHERE task_claim.claimed_by = excluded.claimed_by OR task_claim.until < now() "
     "OR task_claim.attempt < excluded.attempt RETURNING *) "
     "SELECT json_build_object('by', claimed_by, 'at', at, 'until', until)::text FROM k"},
    {"task_release", "case,step,index,by", "gives case, step; no row: it was not claimed by `by`", true,
     "WITH k AS (DELETE FROM task_claim WHERE case_id = $1::text AND step = $2::text AND index = $3::text::int "
     "AND claimed_by = $4::text RETURNING *) SELECT json_build_object('case', case_id, 'step', step)::text FROM k"},
    {"departments_stats", "",
     "a row a department: open, stuck, retrying, overdue, oldest (asked_at), answered_for (代錄: answers recorded on its behalf) "
     "and answered_for_last",
     false,
     "SELECT row_to_json(x)::text FROM (SELECT department, coalesce(o.open, 0) AS open, coalesce(o.stuck, 0) AS stuck, "
     "coalesce(o.retrying, 0) AS retrying, coalesce(o.overdue, 0) AS overdue, o.oldest, coalesce(a.count, 0) AS answered_for, "
     "a.last AS answered_for_last FROM (SELECT department, count(*) AS open, "
     "count(*) FILTER (WHERE state IN ('stuck', 'undo_stuck')) AS stuck, "
     "count(*) FILTER (WHERE state IN ('retrying', 'undo_retrying')) AS retrying, "
     "count(*) FILTER (WHERE due_at < now()) AS overdue, min(asked_at) AS oldest "
     "FROM step WHERE open AND department IS NOT NULL GROUP BY department) o FULL JOIN (SELECT department, count(*) AS count, "
     "max(opened_at) AS last FROM incident WHERE code = 'answered_for' AND department IS NOT NULL GROUP BY department) a "
     "USING (department) ORDER BY department) x"},
    {"statistics", "", "a row a thing, phase and outcome: count, oldest (started_at), newest", false,
     "SELECT row_to_json(x)::text FROM (SELECT thing, phase, outcome, count(*), min(started_at) AS oldest, "
     "max(started_at) AS newest FROM case_ GROUP BY thing, phase, outcome ORDER BY thing, phase, outcome) x"},
    {NULL, NULL, NULL, false, NULL},
};

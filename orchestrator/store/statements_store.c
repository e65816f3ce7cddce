/* The conductor's statements. Those of a batch take one array a column and touch all its rows at once. */
#include "store/statements.h"

/* What is asked of departments and not answered. A compensation may be another department's than the step's: its event
 * says whose. */
#define ASKED_UNDOES \
    "SELECT s.shard, u.data ->> 'department' AS department, u.data ->> 'region' AS region, s.case_id, s.step, s.index, " \
    "u.at AS asked_at FROM step s " \
    "CROSS JOIN LATERAL (SELECT e.at, e.data::json AS data FROM event e WHERE e.case_id = s.case_id AND e.step = s.step " \
    "AND e.kind = 'undo_asked' AND coalesce((e.data::json ->> 'index')::int, -1) = s.index ORDER BY e.version DESC LIMIT 1) u " \
    "WHERE s.open AND s.state = 'undoing' AND "
/* The oldest of each of these offices in each shard of $1: by the index step_open, past those that are stuck. */
#define OLDEST_ASKED(offices, region_is) \
    "SELECT g.shard, o.department, o.region, s.asked_at FROM " offices " o CROSS JOIN unnest($1::int[]) AS g (shard) " \
    "CROSS JOIN LATERAL (SELECT asked_at FROM step WHERE open AND state IN ('running', 'cancelling') " \
    "AND department = o.department AND " region_is " AND shard = g.shard AND asked_at IS NOT NULL ORDER BY asked_at LIMIT 1) s"

/* The next of an office behind a place: by the same index. */
#define NEXT_ASKED(region_is) \
    "(SELECT case_id, step, index, asked_at FROM step WHERE open AND state IN ('running', 'cancelling') AND shard = $1::int " \
    "AND department = $2::text AND " region_is " AND asked_at >= $5::timestamptz AND asked_at < $4::timestamptz " \
    "AND (asked_at, case_id, step, index) > ($5::timestamptz, $6::text, $7::text, $8::int) " \
    "ORDER BY asked_at, case_id, step, index LIMIT $9::int)"

/* A chore of the day is one daemon's: who finds another at it leaves it to that one. */
#define CHORE_ALONE "WITH alone AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(7936450126) AS yes) "

const struct pg_statement statements_store[] = {
    /* --- a batch, in this order --- */
    {"begin", "BEGIN"},
    {"fence", "SELECT fence($1::int[], $2::bigint[])"},
    {"journal_insert",
     "INSERT INTO journal (shard, version, seq, at, events, case_id, data) SELECT unnest($1::int[]), unnest($2::int[]), "
     "unnest($3::bigint[]), unnest($4::timestamptz[]), unnest($5::int[]), unnest($6::text[]), unnest($7::text[])"},
    {"case_insert",
     "INSERT INTO case_ (id, root, parent, shard, thing, region, source, source_id, title, "
     "started_at, definition_hash, priority, phase, outcome, stop, closed_at, incidents, changed_at, version) "
     "SELECT unnest($1::text[]), unnest($2::text[]), unnest($3::text[]), unnest($4::int[]), unnest($5::text[]), "
     "unnest($6::text[]), unnest($7::text[]), unnest($8::text[]), unnest($9::text[]), "
     "unnest($10::timestamptz[]), unnest($11::text[]), unnest($12::int[]), unnest($13::text[]), "
     "unnest($14::text[]), unnest($15::text[]), unnest($16::timestamptz[]), unnest($17::int[]), "
     "unnest($18::timestamptz[]), unnest($19::int[])"},
    {"case_update",
     "WITH met AS (UPDATE case_ c SET definition_hash = g.definition_hash, priority = g.priority, phase = g.phase, "
     "outcome = g.outcome, stop = g.stop, closed_at = g.closed_at, incidents = g.incidents, changed_at = g.changed_at, "
     "version = g.version "
     "FROM (SELECT unnest($1::text[]) AS id, unnest($2::text[]) AS definition_hash, unnest($3::int[]) AS priority, "
     "unnest($4::text[]) AS phase, unnest($5::text[]) AS outcome, unnest($6::text[]) AS stop, "
     "unnest($7::timestamptz[]) AS closed_at, unnest($8::int[]) AS incidents, unnest($9::timestamptz[]) AS changed_at, "
     "unnest($10::int[]) AS version) g WHERE c.id = g.id RETURNING 1) "
     "SELECT expect_rows((SELECT count(*) FROM met), cardinality($1::text[]), 'case_')"},
    {"case_upsert",
     "INSERT INTO case_ (id, root, parent, shard, thing, region, source, source_id, title, "
     "started_at, definition_hash, priority, phase, outcome, stop, closed_at, incidents, changed_at, version) "
     "SELECT unnest($1::text[]), unnest($2::text[]), unnest($3::text[]), unnest($4::int[]), unnest($5::text[]), "
     "unnest($6::text[]), unnest($7::text[]), unnest($8::text[]), unnest($9::text[]), "
     "unnest($10::timestamptz[]), unnest($11::text[]), unnest($12::int[]), unnest($13::text[]), "
     "unnest($14::text[]), unnest($15::text[]), unnest($16::timestamptz[]), unnest($17::int[]), "
     "unnest($18::timestamptz[]), unnest($19::int[]) ON CONFLICT (id) DO UPDATE SET definition_hash = "
     "excluded.definition_hash, priority = excluded.priority, phase = excluded.phase, outcome = excluded.outcome, "
     "stop = excluded.stop, closed_at = excluded.closed_at, incidents = excluded.incidents, changed_at = "
     "excluded.changed_at, version = excluded.version"},
    {"step_insert",
     "INSERT INTO step (case_id, step, index, shard, position, kind, child, department, region, asked_at, due_at, "
     "attempt, open, state, reason, ended_at) SELECT unnest($1::text[]), unnest($2::text[]), unnest($3::int[]), "
     "unnest($4::int[]), unnest($5::int[]), unnest($6::text[]), unnest($7::text[]), unnest($8::text[]), "
     "unnest($9::text[]), unnest($10::timestamptz[]), unnest($11::timestamptz[]), unnest($12::int[]), "
     "unnest($13::boolean[]), unnest($14::text[]), unnest($15::text[]), unnest($16::timestamptz[])"},
    {"step_update",
     "WITH met AS (UPDATE step s SET child = g.child, department = g.department, region = g.region, asked_at = g.asked_at, "
     "due_at = g.due_at, attempt = g.attempt, open = g.open, state = g.state, reason = g.reason, ended_at = g.ended_at "
     "FROM (SELECT unnest($1::text[]) AS case_id, unnest($2::text[]) AS step, unnest($3::int[]) AS index, "
     "unnest($4::text[]) AS child, unnest($5::text[]) AS department, unnest($6::text[]) AS region, "
     "unnest($7::timestamptz[]) AS asked_at, unnest($8::timestamptz[]) AS due_at, unnest($9::int[]) AS attempt, "
     "unnest($10::boolean[]) AS open, unnest($11::text[]) AS state, unnest($12::text[]) AS reason, "
     "unnest($13::timestamptz[]) AS ended_at) g "
     "WHERE s.case_id = g.case_id AND s.step = g.step AND s.index = g.index RETURNING 1) "
     "SELECT expect_rows((SELECT count(*) FROM met), cardinality($1::text[]), 'step')"},
    {"step_upsert",
     "INSERT INTO step (case_id, step, index, shard, position, kind, child, department, region, asked_at, due_at, "
     "attempt, open, state, reason, ended_at) SELECT unnest($1::text[]), unnest($2::text[]), unnest($3::int[]), "
     "unnest($4::int[]), unnest($5::int[]), unnest($6::text[]), unnest($7::text[]), unnest($8::text[]), "
     "unnest($9::text[]), unnest($10::timestamptz[]), unnest($11::timestamptz[]), unnest($12::int[]), "
     "unnest($13::boolean[]), unnest($14::text[]), unnest($15::text[]), unnest($16::timestamptz[]) ON CONFLICT "
     "(case_id, step, index) DO UPDATE SET child = excluded.child, department = excluded.department, region = "
     "excluded.region, asked_at = excluded.asked_at, due_at = excluded.due_at, attempt = excluded.attempt, open = "
     "excluded.open, state = excluded.state, reason = excluded.reason, ended_at = excluded.ended_at"},
    {"clock_upsert",
     "INSERT INTO clock (case_id, item, clock, shard, thing, region, department, state, light, started_at, due_at, ended_at, "
     "changed_at, explained) SELECT g.case_id, g.item, g.clock, g.shard, g.thing, g.region, g.department, g.state, g.light, "
     "g.started_at, g.due_at, g.ended_at, g.changed_at, g.explained::jsonb "
     "FROM unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], "
     "$10::timestamptz[], $11::timestamptz[], $12::timestamptz[], $13::timestamptz[], $14::text[]) "
     "AS g (case_id, item, clock, shard, thing, region, department, state, light, started_at, due_at, ended_at, changed_at, "
     "explained) ON CONFLICT (case_id, item, clock) DO UPDATE SET department = excluded.department, state = excluded.state, "
     "light = excluded.light, started_at = excluded.started_at, due_at = excluded.due_at, ended_at = excluded.ended_at, "
     "changed_at = excluded.changed_at, explained = excluded.explained"},
    {"timer_delete", "DELETE FROM timer WHERE case_id = ANY ($1::text[])"},
    {"timer_upsert",
     "INSERT INTO timer (case_id, shard, due_at) SELECT unnest($1::text[]), unnest($2::int[]), "
     "unnest($3::timestamptz[]) ON CONFLICT (case_id) DO UPDATE SET due_at = excluded.due_at"},
    {"incident_close",
     "UPDATE incident i SET closed_at = g.at, closed_by = g.by, closed_how = g.how FROM unnest($1::text[], $2::text[], "
     "$3::int[], $4::text[], $5::timestamptz[], $6::text[], $7::text[]) AS g (case_id, step, index, kind, at, by, how) "
     "WHERE i.case_id = g.case_id AND i.step IS NOT DISTINCT FROM g.step AND i.index = g.index AND i.closed_at IS NULL "
     "AND CASE i.code WHEN 'disputed' THEN 'dispute' WHEN 'timer_refused' THEN 'timer' ELSE 'incident' END = g.kind"},
    {"incident_upsert",
     "INSERT INTO incident (id, case_id, step, index, shard, code, message, department, region, opened_at, "
     "closed_at, closed_by, closed_how) SELECT unnest($1::text[]), unnest($2::text[]), unnest($3::text[]), "
     "unnest($4::int[]), unnest($5::int[]), unnest($6::text[]), unnest($7::text[]), unnest($8::text[]), "
     "unnest($9::text[]), unnest($10::timestamptz[]), unnest($11::timestamptz[]), unnest($12::text[]), "
     "unnest($13::text[]) ON CONFLICT (id) DO UPDATE SET code = excluded.code, message = excluded.message, "
     "opened_at = CASE WHEN incident.closed_at IS NULL THEN incident.opened_at ELSE excluded.opened_at END, closed_at = excluded.closed_at, closed_by = excluded.closed_by, closed_how = "
     "excluded.closed_how"},
    {"notice_insert",
     "INSERT INTO notice_due (case_id, version, shard, kind, at) SELECT unnest($1::text[]), unnest($2::int[]), unnest($3::int[]), "
     "unnest($4::text[]), unnest($5::timestamptz[])"},
    {"dead_insert",
     "INSERT INTO dead_letter (shard, topic, partition, \"offset\", at, code, message, key, headers, value) SELECT "
     "unnest($1::int[]), unnest($2::text[]), unnest($3::int[]), unnest($4::bigint[]), unnest($5::timestamptz[]), "
     "unnest($6::text[]), unnest($7::text[]), unnest($8::bytea[]), unnest($9::text[]), unnest($10::bytea[])"},
    {"forward_insert",
     "INSERT INTO inbox (shard, root, kind, data, idempotency_key) SELECT unnest($1::int[]), unnest($2::text[]), "
     "unnest($3::text[]), unnest($4::text[]), unnest($5::text[])"},
    {"inbox_delete", "DELETE FROM inbox WHERE id = ANY ($1::bigint[])"},
    {"answer_update",
     "UPDATE command_answer a SET status = g.status, body = g.body "
     "FROM unnest($1::bigint[], $2::int[], $3::text[]) AS g (inbox_id, status, body) WHERE a.inbox_id = g.inbox_id"},
    {"unsent_insert",
     "INSERT INTO unsent (shard, seq, topic, reason, at) SELECT unnest($1::int[]), unnest($2::bigint[]), "
     "unnest($3::text[]), unnest($4::text[]), unnest($5::timestamptz[]) ON CONFLICT DO NOTHING"},
    {"offset_upsert",
     "INSERT INTO shard_offset (shard, topic, next) SELECT unnest($1::int[]), unnest($2::text[]), "
     "unnest($3::bigint[]) ON CONFLICT (shard, topic) DO UPDATE SET next = excluded.next"},
    {"shard_update",
     "UPDATE shard s SET next_seq = g.next_seq, published_seq = g.published_seq, trying = g.trying, deaths = g.deaths "
     "FROM unnest($1::int[], $2::bigint[], $3::bigint[], $4::text[], $5::int[]) "
     "AS g (shard, next_seq, published_seq, trying, deaths) WHERE s.shard = g.shard"},
    {"calendar_upsert",
     "INSERT INTO shard_calendar (shard, version, after, done) SELECT unnest($1::int[]), unnest($2::text[]), "
     "unnest($3::text[]), unnest($4::boolean[]) ON CONFLICT (shard) DO UPDATE SET version = excluded.version, "
     "after = excluded.after, done = excluded.done"},
    {"commit", "COMMIT"},
    {"rollback", "ROLLBACK"},

    /* --- opening --- */
    {"settings",
     "SELECT (SELECT max(version) FROM schema_version), "
     "(SELECT value::int FROM setting WHERE name = 'shard_count')"},
    {"maintain_partitions", "SELECT make_journal_partitions()"},
    /* at most $1 of the oldest, by an index */
    {"maintain_answers",
     CHORE_ALONE "DELETE FROM command_answer WHERE inbox_id IN (SELECT inbox_id FROM (SELECT inbox_id, at FROM command_answer "
     "WHERE status <> 0 AND (SELECT yes FROM alone) ORDER BY inbox_id LIMIT $1::int) oldest WHERE at < now() - interval '7 days')"},
    {"maintain_numbers",
     CHORE_ALONE "DELETE FROM number_given WHERE (source, id) IN (SELECT source, id FROM number_given "
     "WHERE at < now() - interval '90 days' AND (SELECT yes FROM alone) ORDER BY at LIMIT $1::int)"},
    {"maintain_members", "DELETE FROM member WHERE seen_at < now() - interval '1 day'"},

    /* --- members and shards --- */
    {"heartbeat",
     "WITH mine AS (INSERT INTO member (instance, since, seen_at) VALUES ($1::text, now(), now()) "
     "ON CONFLICT (instance) DO UPDATE SET seen_at = excluded.seen_at RETURNING instance) "
     "SELECT instance FROM mine "
     "UNION SELECT instance FROM member WHERE seen_at > now() - $2::bigint * interval '1 microsecond' ORDER BY 1"},
    {"note_unread",
     "INSERT INTO shard_unread (shard, messages, at) SELECT shard, nullif(messages, -1), now() "
     "FROM unnest($1::int[], $2::bigint[]) AS g (shard, messages) "
     "ON CONFLICT (shard) DO UPDATE SET messages = excluded.messages, at = excluded.at"},
    {"leave", "DELETE FROM member WHERE instance = $1::text"},
    {"end_owners", "SELECT end_owners($1::int[])"},
    {"take",
     "UPDATE shard s SET epoch = s.epoch + 1, owner = $2::text, run = $3::bigint, backend_pid = pg_backend_pid(), "
     "backend_start = (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()), taken_at = now(), "
     "deaths = s.deaths + (NOT s.clean AND s.trying IS NOT NULL AND s.tried_run IS NOT DISTINCT FROM s.run AND s.run IS DISTINCT FROM $3::bigint)::int, "
     "tried_run = CASE WHEN s.run = $3::bigint THEN s.tried_run END, clean = false "
     "FROM (SELECT shard, clean FROM shard WHERE shard = ANY ($1::int[]) ORDER BY shard FOR NO KEY UPDATE SKIP LOCKED) former "
     "WHERE s.shard = former.shard "
     "RETURNING s.shard, s.epoch, s.next_seq, s.published_seq, s.deaths, s.trying, NOT former.clean"},
    {"let_go",
     "UPDATE shard s SET owner = NULL, run = NULL, backend_pid = NULL, backend_start = NULL, clean = true, trying = NULL, "
     "deaths = 0, published_seq = greatest(s.published_seq, g.published_seq) "
     "FROM unnest($1::int[], $2::bigint[], $3::bigint[]) AS g (shard, epoch, published_seq) "
     "WHERE s.shard = g.shard AND s.epoch = g.epoch"},
    {"owners", "SELECT owner FROM shard ORDER BY shard"},
    {"trying",
     "UPDATE shard SET trying = $3::text, deaths = $4::int, tried_run = run WHERE shard = $1::int AND epoch = $2::bigint RETURNING shard"},

    /* --- reading --- */
    {"offsets", "SELECT shard, topic, next FROM shard_offset WHERE shard = ANY ($1::int[]) ORDER BY shard, topic"},
    /* events are dense within their shard; the row that `after` stands in may have events behind it */
    {"events_after",
     "SELECT shard, version, seq, at, events, case_id, data FROM journal WHERE shard = $1::int "
     "AND seq > $2::bigint - 64 AND seq <= $2::bigint + $3::int AND seq + events - 1 > $2::bigint ORDER BY seq"},
    {"journals",
     "SELECT j.shard, j.version, j.seq, j.at, j.events, j.case_id, j.data "
     "FROM unnest($1::text[]) AS g (id) JOIN journal j ON j.case_id = g.id ORDER BY j.case_id, j.version"},
    {"inbox",
     "SELECT id, shard, kind, case_id, data, idempotency_key, at, root FROM inbox "
     "WHERE shard = ANY ($1::int[]) ORDER BY id LIMIT $2::int"},
    {"timers",
     "SELECT t.case_id, t.shard, t.due_at FROM unnest($1::int[]) AS g (shard) CROSS JOIN LATERAL "
     "(SELECT * FROM timer WHERE timer.shard = g.shard AND due_at <= $2::timestamptz ORDER BY due_at LIMIT $3::int) t "
     "ORDER BY t.due_at LIMIT $3::int"},
    {"definition", "SELECT hash, thing, current, published_at, canonical FROM definition WHERE hash = $1::text"},
    {"definitions",
     "SELECT hash, thing, current, published_at, NULL::text FROM definition WHERE current ORDER BY thing"},
    {"calendar",
     "SELECT version, CASE WHEN version IS DISTINCT FROM $1::text THEN canonical END FROM calendar "
     "ORDER BY publication DESC LIMIT 1"},
    {"calendar_progress", "SELECT shard, version, after, done FROM shard_calendar WHERE shard = ANY ($1::int[])"},
    {"cases_after", "SELECT id, shard, phase <> 'closed' FROM case_ WHERE id > $1::text ORDER BY id LIMIT $2::int"},
    /* from one office to the next by the index, never over the steps of one */
    {"asked_offices",
     "WITH RECURSIVE department AS ("
     "(SELECT department FROM step WHERE open AND department IS NOT NULL ORDER BY department LIMIT 1) "
     "UNION ALL SELECT n.department FROM department d CROSS JOIN LATERAL (SELECT department FROM step "
     "WHERE open AND department > d.department ORDER BY department LIMIT 1) n), "
     "office AS ("
     "SELECT d.department, f.region FROM department d CROSS JOIN LATERAL (SELECT region FROM step "
     "WHERE open AND department = d.department AND region IS NOT NULL ORDER BY region LIMIT 1) f "
     "UNION ALL SELECT o.department, n.region FROM office o CROSS JOIN LATERAL (SELECT region FROM step "
     "WHERE open AND department = o.department AND region > o.region ORDER BY region LIMIT 1) n), "
     "nowhere AS (SELECT department, NULL::text AS region FROM department) "
     "SELECT shard, department, region, min(asked_at) FROM (" OLDEST_ASKED("office", "region = o.region") " UNION ALL "
     OLDEST_ASKED("nowhere", "region IS NULL") " UNION ALL SELECT shard, department, region, asked_at FROM (" ASKED_UNDOES
     "s.shard = ANY ($1::int[])) u) a GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"},
    {"asked_steps",
     "SELECT case_id, step, index, asked_at FROM (" NEXT_ASKED("region = $3::text") " UNION ALL " NEXT_ASKED("region IS NULL AND $3::text IS NULL")
     " UNION ALL SELECT case_id, step, index, asked_at FROM (" ASKED_UNDOES "s.shard = $1::int) u WHERE department = $2::text "
     "AND region IS NOT DISTINCT FROM $3::text AND asked_at < $4::timestamptz "
     "AND (asked_at, case_id, step, index) > ($5::timestamptz, $6::text, $7::text, $8::int)) a "
     "ORDER BY asked_at, case_id, step, index LIMIT $9::int"},
    {"materials",
     "WITH i AS (SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS i(case_id, thing, material, digest, n)), "
     "m AS MATERIALIZED (SELECT digest, size, media_type FROM material WHERE digest = ANY ($4::text[]) AND taken_at IS NULL FOR SHARE), "
     "t AS MATERIALIZED (SELECT d.thing, e ->> 'id' AS material, array_agg(x) AS types FROM (SELECT DISTINCT thing FROM i) s "
     "JOIN definition d ON d.thing = s.thing AND d.current, json_array_elements(coalesce(d.canonical::json -> 'materials', '[]')) e, "
     "json_array_elements_text(e -> 'types') x WHERE e -> 'types' IS NOT NULL GROUP BY 1, 2), "
     "u AS (INSERT INTO material_use (digest, case_id, material) SELECT DISTINCT i.digest, i.case_id, i.material FROM i JOIN m USING (digest) "
     "WHERE i.material IS NOT NULL ON CONFLICT DO NOTHING) "
     "SELECT m.digest IS NOT NULL, coalesce(m.size, 0), m.media_type, t.types IS NULL OR m.media_type = ANY (t.types), array_to_string(t.types, ', ') "
     "FROM i LEFT JOIN m USING (digest) LEFT JOIN t ON t.thing = i.thing AND t.material = i.material ORDER BY i.n"},
    {"numbers", "SELECT value, at, region FROM give_numbers($1::text[], $2::text[], $3::text[], $4::timestamptz)"},
    {NULL, NULL},
};

/* Questions of the notifier, and of who looks at what was told. One JSON text a row. */
#include "store/statements.h"

#include <stddef.h>

#define LIMIT(n) " LIMIT least(coalesce(" n "::text::int, 50), 1000)"
/* What may be seen of a notice: never the address. */
#define NOTICE_COLUMNS \
    "n.id, n.number, n.case_id AS \"case\", n.version, n.kind, n.at, n.audience, n.recipient, n.shown_as, n.channel, n.language, n.step, " \
    "n.state, n.attempts, n.made_at, n.next_at, n.sent_at, n.error, n.texts"
#define PARTS(member, keys) \
    "(SELECT coalesce(json_agg(json_build_object(" keys ")), '[]') FROM json_array_elements(coalesce(d.canonical::json -> '" member \
    "', '[]')) p)"
/* How an item stands: granted when one of its steps was and none was refused. */
#define ITEM_ENDS \
    "(SELECT json_object_agg(g.item, g.\"end\") FROM (SELECT p ->> 'item' AS item, CASE WHEN bool_or(s.state = 'refused') THEN 'refused' " \
    "WHEN bool_or(s.state IN ('unsatisfied', 'expired')) THEN 'unsatisfied' WHEN bool_or(s.state = 'granted') THEN 'granted' " \
    "ELSE 'none' END AS \"end\" FROM json_array_elements(d.canonical::json -> 'steps') p JOIN step s ON s.case_id = n.case_id " \
    "AND s.step = p ->> 'id' AND s.index = -1 WHERE p ->> 'item' IS NOT NULL GROUP BY 1) g)"

const struct query queries_notices[] = {
    {"notice_due_list", "limit",
     "events that have to be told, the oldest first, with what is needed for it: case_id, version, kind, at, root, region, title, step, "
     "event (its data), items, steps, materials, party_titles, parties (of the root, as they are now), promise_due, item_ends, was_accepted, "
     "signed (names of signatures)",
     false,
     "SELECT row_to_json(x)::text FROM (SELECT n.case_id, n.version, n.kind, n.at, c.root, c.region, d.canonical::json -> 'title' AS title, "
     "e.step, e.data::json AS event, "
     PARTS("items", "'id', p -> 'id', 'title', p -> 'title', 'department', p -> 'department'") " AS items, "
     PARTS("steps", "'id', p -> 'id', 'title', p -> 'title', 'department', p -> 'department', 'item', p -> 'item', 'wait', p -> 'wait', 'for', "
                    "coalesce(p -> 'inspection' -> 'for', p -> 'for')") " AS steps, "
     PARTS("materials", "'id', p -> 'id', 'title', p -> 'title'") " AS materials, "
     PARTS("parties", "'id', p -> 'id', 'title', p -> 'title'") " AS party_titles, "
     "(SELECT o.data::json -> 'extra' -> 'parties' FROM event o WHERE o.case_id = c.root AND o.kind IN ('case_started', 'contact_changed') "
     "ORDER BY o.version DESC LIMIT 1) AS parties, "
     "(SELECT k.due_at FROM clock k WHERE k.case_id = n.case_id AND k.item = '' AND k.clock = 'promise') AS promise_due, "
     ITEM_ENDS " AS item_ends, "
     "EXISTS (SELECT FROM event a WHERE a.case_id = n.case_id AND a.kind = 'item_accepted') AS was_accepted, "
     "(SELECT json_agg(s.data::json -> 'id') FROM event s WHERE s.case_id = n.case_id AND s.kind = 'signal_noted') AS signed "
     "FROM notice_due n JOIN case_ c ON c.id = n.case_id JOIN definition d ON d.hash = c.definition_hash "
     "JOIN event e ON e.case_id = n.case_id AND e.version = n.version ORDER BY n.at, n.case_id, n.version" LIMIT("$1") ") x"},
    {"notice_plan", "case,version,rows",
     "rows: the JSON of telling_write; writes them and takes the due one away, in one transaction; what is there already stays. What still "
     "waits for a person whose contact was changed goes where he is told of that, over that channel. Gives made",
     true,
     "WITH gone AS (DELETE FROM notice_due WHERE case_id = $1::text AND version = $2::text::int RETURNING *), "
     "made AS (INSERT INTO notice (id, case_id, version, shard, kind, at, audience, recipient, channel, language, step, shown_as, texts, "
     "address, state, next_at, sent_at) "
     "SELECT r.id, g.case_id, g.version, g.shard, r.kind, g.at, r.audience, r.recipient, r.channel, r.language, r.step, r.shown_as, r.texts, "
     "r.address, r.state, CASE WHEN r.state = 'waiting' THEN g.at + make_interval(secs => r.wait_s) END, "
     "CASE WHEN r.state = 'shown' THEN now() END FROM gone g CROSS JOIN json_to_recordset($3::text::json) "
     "AS r (id text, kind text, audience text, recipient text, channel text, language text, step text, shown_as text, texts jsonb, "
     "address text, state text, wait_s int) ON CONFLICT (id) DO NOTHING RETURNING 1), "
     "moved AS (UPDATE notice n SET channel = r.channel, address = r.address, shown_as = r.shown_as FROM gone g CROSS JOIN "
     "json_to_recordset($3::text::json) AS r (recipient text, channel text, shown_as text, address text) WHERE g.kind = 'contact_changed' "
     "AND n.state = 'waiting' AND n.recipient = r.recipient AND (n.case_id = g.case_id OR "
     "(n.case_id > g.case_id || '/' AND n.case_id < g.case_id || '0'))) "
     "SELECT json_build_object('made', (SELECT count(*) FROM made))::text"},
    {"notice_drop_stale", "",
     "reminders of what was done meanwhile are dropped; gives the id of each", true,
     "UPDATE notice n SET state = 'dropped', next_at = NULL, address = NULL WHERE n.state = 'waiting' AND n.kind = 'correction_due' "
     "AND n.next_at <= now() + interval '1 minute' AND EXISTS (SELECT FROM event e WHERE e.case_id = n.case_id AND e.version > n.version AND "
     "(e.kind = 'case_closed' OR (e.step = n.step AND e.kind IN ('correction_sent', 'materials_given', 'step_ended', 'cancel_asked')))) "
     "RETURNING json_build_object('id', n.id)::text"},
    {"notice_show_due", "", "what waits for its time and goes to the console alone is shown from now on; gives the id of each", true,
     "UPDATE notice n SET state = 'shown', sent_at = now(), next_at = NULL WHERE n.state = 'waiting' AND n.channel = 'console' "
     "AND n.next_at <= now() RETURNING json_build_object('id', n.id)::text"},
    {"notice_claim", "channel,limit,seconds",
     "takes notices that are to be sent now, for so many seconds, in which no other daemon sends them: id, case, kind, recipient, channel, "
     "language, texts, address, attempts (this one counted)",
     true,
     "UPDATE notice n SET attempts = n.attempts + 1, next_at = now() + make_interval(secs => $3::text::int) FROM (SELECT w.id FROM notice w "
     "WHERE w.state = 'waiting' AND w.channel = $1::text AND w.next_at <= now() ORDER BY w.next_at LIMIT $2::text::int FOR UPDATE SKIP LOCKED) w "
     "WHERE n.id = w.id RETURNING json_build_object('id', n.id, 'case', n.case_id, 'kind', n.kind, 'recipient', n.recipient, 'channel', n.channel, "
     "'language', n.language, 'texts', n.texts, 'address', n.address, 'attempts', n.attempts)::text"},
    {"notice_sent", "id,took_ms,status", "a notice has left: written down, its address forgotten, its incident closed; gives id", true,
     "WITH n AS (UPDATE notice SET state = 'sent', sent_at = now(), next_at = NULL, error = NULL, address = NULL WHERE id = $1::text "
     "AND state = 'waiting' RETURNING id, attempts), "
     "i AS (UPDATE incident SET closed_at = now(), closed_by = 'yijianshi', closed_how = 'sent' WHERE id = 'notice:' || $1::text "
     "AND closed_at IS NULL), "
     "a AS (INSERT INTO notice_attempt (notice, attempt, took_ms, status) SELECT id, attempts, $2::text::int, $3::text::int FROM n "
     "ON CONFLICT DO NOTHING) SELECT json_build_object('id', id)::text FROM n"},
    {"notice_failed", "id,took_ms,status,error,again_s",
     "a try has failed: again after so many seconds, or (absent) never: then an incident opens; gives id, state", true,
     "WITH n AS (UPDATE notice SET state = CASE WHEN $5::text IS NULL THEN 'given_up' ELSE 'waiting' END, error = $4::text, "
     "next_at = now() + make_interval(secs => $5::text::int) WHERE id = $1::text AND state = 'waiting' RETURNING *), "
     "a AS (INSERT INTO notice_attempt (notice, attempt, took_ms, status, error) SELECT id, attempts, $2::text::int, $3::text::int, $4::text "
     "FROM n ON CONFLICT DO NOTHING), "
     "i AS (INSERT INTO incident (id, case_id, index, shard, code, message, opened_at) SELECT 'notice:' || id, case_id, -1, shard, "
     "'notice_undelivered', 'the notice ' || kind || ' to ' || recipient || ' could not be sent over ' || channel || ': ' || $4::text, now() "
     "FROM n WHERE state = 'given_up' ON CONFLICT (id) DO UPDATE SET message = excluded.message, opened_at = excluded.opened_at, "
     "closed_at = NULL, closed_by = NULL, closed_how = NULL) SELECT json_build_object('id', id, 'state', state)::text FROM n"},
    {"notice_counts", "", "due (events nobody was found for yet), waiting, given_up", false,
     "SELECT json_build_object('due', (SELECT count(*) FROM notice_due), 'waiting', (SELECT count(*) FROM notice WHERE state = 'waiting'), "
     "'given_up', (SELECT count(*) FROM notice WHERE state = 'given_up'))::text"},
    {"notices_list", "case,kind,audience,state,channel,cursor,limit,recipient",
     "notices, newest first; case: with its sub-cases; cursor: the last row's number; recipient: beginning of it", false,
     "SELECT row_to_json(x)::text FROM (SELECT " NOTICE_COLUMNS " FROM notice n "
     "WHERE ($1::text IS NULL OR n.case_id = $1::text OR starts_with(n.case_id, $1::text || '/')) AND ($2::text IS NULL OR n.kind = $2::text) "
     "AND ($3::text IS NULL OR n.audience = $3::text) AND ($4::text IS NULL OR n.state = $4::text) "
     "AND ($5::text IS NULL OR n.channel = $5::text) AND ($6::text IS NULL OR n.number < $6::text::bigint) "
     "AND ($8::text IS NULL OR n.recipient = $8::text) ORDER BY n.number DESC" LIMIT("$7") ") x"},
    {"notice_show", "number", "one notice with tries [attempt, at, took_ms, status, error]", false,
     "SELECT row_to_json(x)::text FROM (SELECT " NOTICE_COLUMNS ", (SELECT coalesce(json_agg(json_build_object('attempt', a.attempt, 'at', a.at, "
     "'took_ms', a.took_ms, 'status', a.status, 'error', a.error) ORDER BY a.attempt), '[]') FROM notice_attempt a WHERE a.notice = n.id) AS tries "
     "FROM notice n WHERE n.number = $1::text::bigint) x"},
    {"notice_retry", "number", "a notice that waits or was given up is tried at once; gives it; no row: it has left, or there is none", true,
     "WITH n AS (UPDATE notice SET state = 'waiting', next_at = now() WHERE number = $1::text::bigint AND state IN ('waiting', 'given_up') "
     "AND channel <> 'console' RETURNING *) SELECT row_to_json(x)::text FROM (SELECT " NOTICE_COLUMNS " FROM n) x"},
    {NULL, NULL, NULL, false, NULL},
};

/* Questions of operators: incidents, dead letters, shards, members, readiness. One JSON text a row. */
#include "store/statements.h"

#include <stddef.h>

#define LIMIT(n) " LIMIT least(coalesce(" n "::text::int, 50), 1000)"
/* Bytes that need not be UTF-8: base64 without line ends. */
#define BASE64(column) "replace(encode(" column ", 'base64'), E'\\n', '')"
#define DEAD_COLUMNS \
    "d.id, d.shard, d.topic, d.partition, d.\"offset\", d.at, d.code, d.message, d.redriven_at, d.redriven_by"

const struct query queries_operation[] = {
    {"incidents_list", "open,code,department,thing,cursor,limit",
     "incidents, newest first. open: yes, no or absent (both); with the case's thing and title", false,
     "SELECT row_to_json(x)::text FROM (SELECT i.*, c.thing, c.title FROM incident i LEFT JOIN case_ c ON c.id = i.case_id "
     "WHERE ($1::text IS NULL OR (i.closed_at IS NULL) = ($1::text = 'yes')) "
     "AND ($2::text IS NULL OR i.code = $2::text) AND ($3::text IS NULL OR i.department = $3::text) "
     "AND ($4::text IS NULL OR c.thing = $4::text) "
     "AND ($5::text IS NULL OR (i.opened_at, i.id) < (SELECT p.opened_at, p.id FROM incident p WHERE p.id = $5::text)) "
     "ORDER BY i.opened_at DESC, i.id DESC" LIMIT("$6") ") x"},
    {"incident_show", "id", "one incident, with thing and title of its case", false,
     "SELECT row_to_json(x)::text FROM (SELECT i.*, c.thing, c.title, c.root FROM incident i "
     "LEFT JOIN case_ c ON c.id = i.case_id WHERE i.id = $1::text) x"},
    {"dead_list", "open,code,topic,cursor,limit",
     "dead letters, newest first, without their bytes. open: yes (not redriven), no or absent (both)", false,
     "SELECT row_to_json(x)::text FROM (SELECT " DEAD_COLUMNS ", octet_length(d.value) AS bytes FROM dead_letter d "
     "WHERE ($1::text IS NULL OR (d.redriven_at IS NULL) = ($1::text = 'yes')) AND ($2::text IS NULL OR d.code = $2::text) "
     "AND ($3::text IS NULL OR d.topic = $3::text) AND ($4::text IS NULL OR d.id < $4::text::bigint) "
     "ORDER BY d.id DESC" LIMIT("$5") ") x"},
    {"dead_show", "id", "one dead letter with headers (JSON) and key and value in base64", false,
     "SELECT row_to_json(x)::text FROM (SELECT " DEAD_COLUMNS ", d.headers::json AS headers, " BASE64("d.key") " AS key, "
     BASE64("d.value") " AS value FROM dead_letter d WHERE d.id = $1::text::bigint) x"},
    {"dead_redrive_mark", "id,by", "marks a dead letter as redriven and gives it as dead_show does; no row: it was before", true,
     "WITH d AS (UPDATE dead_letter SET redriven_at = now(), redriven_by = $2::text "
     "WHERE id = $1::text::bigint AND redriven_at IS NULL RETURNING *) "
     "SELECT row_to_json(x)::text FROM (SELECT " DEAD_COLUMNS ", d.headers::json AS headers, " BASE64("d.key") " AS key, "
     BASE64("d.value") " AS value FROM d) x"},
    {"dead_reason", "id,code,message", "why a dead letter that was redriven still can't be taken; gives its id", true,
     "UPDATE dead_letter SET code = $2::text, message = $3::text WHERE id = $1::text::bigint AND redriven_at IS NULL RETURNING id::text"},
    {"command_forget", "command", "forgets that a command was refused, so that its key may be used anew", true,
     "DELETE FROM command_answer WHERE inbox_id = $1::text::bigint AND status >= 400 RETURNING inbox_id::text"},
    {"number_given", "source,id,region",
     "the number of an application without one: value (of the sequence), at, region; as it was given first", true,
     "SELECT json_build_object('value', value, 'at', at, 'region', region)::text FROM give_numbers(ARRAY[$1::text], "
     "ARRAY[$2::text], ARRAY[$3::text], now())"},
    {"unsent_list", "limit", "messages that could not be sent: shard, seq, topic, reason, at, and the event's case and kind", false,
     "SELECT row_to_json(x)::text FROM (SELECT u.shard, u.seq, u.topic, u.reason, u.at, j.case_id AS \"case\", "
     "j.data::json -> (u.seq - j.seq)::int ->> 'kind' AS kind FROM unsent u LEFT JOIN LATERAL (SELECT * FROM journal j "
     "WHERE j.shard = u.shard AND j.seq > u.seq - 64 AND j.seq <= u.seq ORDER BY j.seq DESC LIMIT 1) j ON true ORDER BY u.at DESC" LIMIT("$1") ") x"},
    {"inbox_waiting", "", "waiting: commands in the inbox, counted up to 100,000", false,
     "SELECT json_build_object('waiting', count(*))::text FROM (SELECT FROM inbox LIMIT 100000) i"},
    {"command_answers", "ids", "ids: JSON array of commands; gives command, status, body (text) of those that are answered", false,
     "SELECT json_build_object('command', inbox_id, 'status', status, 'body', body)::text FROM command_answer "
     "WHERE inbox_id = ANY (ARRAY(SELECT json_array_elements_text($1::text::json)::bigint)) AND status <> 0"},
    {"shards_list", "",
     "a row a shard: shard, owner, epoch, taken_at, clean, trying, deaths, next_seq, published_seq, unread (by its owner's last "
     "heartbeat), unpublished, inbox, timers_overdue, unsent",
     false,
     "SELECT row_to_json(x)::text FROM (SELECT s.shard, s.owner, s.epoch, s.taken_at, s.clean, s.trying, s.deaths, s.next_seq, "
     "s.published_seq, u.messages AS unread, b.unpublished, b.inbox, b.timers_overdue, b.unsent FROM shard s "
     "JOIN backlog b USING (shard) LEFT JOIN shard_unread u ON u.shard = s.shard AND s.owner IS NOT NULL ORDER BY s.shard) x"},
    {"members_list", "", "a row a daemon: instance, since, seen_at, shards (owned)", false,
     "SELECT row_to_json(x)::text FROM (SELECT m.instance, m.since, m.seen_at, "
     "(SELECT count(*) FROM shard s WHERE s.owner = m.instance) AS shards FROM member m ORDER BY m.instance) x"},
    {"readiness", "", "schema_version, shard_count, region, owned (shards with a live owner), members (live)", false,
     "SELECT row_to_json(x)::text FROM (SELECT (SELECT max(version) FROM schema_version) AS schema_version, "
     "(SELECT value::int FROM setting WHERE name = 'shard_count') AS shard_count, "
     "(SELECT value FROM setting WHERE name = 'region') AS region, "
     "(SELECT count(*) FROM shard s JOIN member m ON m.instance = s.owner WHERE m.seen_at > now() - interval '10 seconds') "
     "AS owned, (SELECT count(*) FROM member WHERE seen_at > now() - interval '10 seconds') AS members) x"},
    {NULL, NULL, NULL, false, NULL},
};

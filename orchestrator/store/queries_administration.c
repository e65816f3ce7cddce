/* What administrators change: definitions and tokens. One JSON text a row. */
#include "store/statements.h"

#include <stddef.h>

#define TOKEN_COLUMNS "id, role, department, region, name, created_at, created_by, expires_at, revoked_at"

const struct query queries_administration[] = {
    {"definition_publish", "hash,thing,source,canonical,by",
     "writes a definition and makes it the thing's current one; the same hash again changes nothing but that. Gives hash, "
     "thing, published_at, fresh (was not there), former (hash that was current)",
     true,
     "WITH former AS (UPDATE definition SET current = false WHERE thing = $2::text AND current AND hash <> $1::text "
     "RETURNING hash), "
     /* The insert reads from `former`, so that the old one has let go before the new one is current. */
     "put AS (INSERT INTO definition (hash, thing, source, canonical, published_at, published_by, current) "
     "SELECT $1::text, $2::text, $3::text, $4::text, now(), $5::text, count(f.hash) >= 0 FROM former f "
     "ON CONFLICT (hash) DO UPDATE SET current = true, withdrawn_at = NULL "
     "RETURNING hash, thing, published_at, xmax = 0 AS fresh) "
     "SELECT row_to_json(x)::text FROM (SELECT put.*, (SELECT hash FROM former) AS former FROM put) x"},
    {"definition_withdraw", "thing,by", "no new cases of the thing start; gives hash, thing; no row: there was none", true,
     "WITH d AS (UPDATE definition SET current = false, withdrawn_at = now() WHERE thing = $1::text AND current "
     "RETURNING hash, thing) SELECT json_build_object('hash', hash, 'thing', thing, 'by', $2::text)::text FROM d"},
    {"calendar_current", "", "the calendar that holds: version, canonical, published_at, published_by; no row: none", false,
     "SELECT row_to_json(x)::text FROM (SELECT version, canonical, published_at, published_by FROM calendar "
     "ORDER BY publication DESC LIMIT 1) x"},
    {"calendar_version", "version", "one version of the calendar, as calendar_current; no row: there is none", false,
     "SELECT row_to_json(x)::text FROM (SELECT version, canonical, published_at, published_by FROM calendar "
     "WHERE version = $1::text ORDER BY publication DESC LIMIT 1) x"},
    {"calendar_publish", "version,canonical,by,former",
     "makes it the calendar that holds, if `former` still is; gives published_at, fresh (was not there); no row: another was "
     "published meanwhile", true,
     "SELECT row_to_json(x)::text FROM publish_calendar($1::text, $2::text, $3::text, $4::text) x"},
    {"token_find", "hash", "the token with this hash if it may be used now", false,
     "SELECT row_to_json(x)::text FROM (SELECT " TOKEN_COLUMNS " FROM api_token WHERE hash = $1::text AND revoked_at IS NULL "
     "AND (expires_at IS NULL OR expires_at > now())) x"},
    {"token_create", "hash,role,department,region,name,by,expires_at", "gives the row, with its id", true,
     "WITH t AS (INSERT INTO api_token (hash, role, department, region, name, created_by, expires_at) "
     "VALUES ($1::text, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text::timestamptz) RETURNING *) "
     "SELECT row_to_json(x)::text FROM (SELECT " TOKEN_COLUMNS " FROM t) x"},
    {"token_list", "", "all tokens, newest first, without their hashes", false,
     "SELECT row_to_json(x)::text FROM (SELECT " TOKEN_COLUMNS " FROM api_token ORDER BY id DESC) x"},
    {"token_revoke", "id", "gives the row; no row: there is none, or it was revoked before", true,
     "WITH t AS (UPDATE api_token SET revoked_at = now() WHERE id = $1::text::bigint AND revoked_at IS NULL RETURNING *) "
     "SELECT row_to_json(x)::text FROM (SELECT " TOKEN_COLUMNS " FROM t) x"},
    {NULL, NULL, NULL, false, NULL},
};

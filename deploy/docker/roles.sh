#!/usr/bin/env bash
# Runs once, when the database is made: the roles of deploy/sql/0001_roles.sql, and the daemon's own login, which may do
# what the daemon does and no more (the tables belong to POSTGRES_USER, which only `setup` uses).
set -euo pipefail
psql -v ON_ERROR_STOP=1 -v password="$YJS_DAEMON_PASSWORD" --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
CREATE ROLE yjs_owner NOLOGIN;
CREATE ROLE yjs_daemon NOLOGIN;
CREATE ROLE yjs_read NOLOGIN;
CREATE ROLE yjsd LOGIN PASSWORD :'password' IN ROLE yjs_daemon;
SQL

-- What the roles may. The daemon may add to the journal and read it, never change it.

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'yjs_daemon') THEN
        GRANT USAGE ON SCHEMA public TO yjs_daemon;
        GRANT SELECT ON ALL TABLES IN SCHEMA public TO yjs_daemon;
        GRANT INSERT ON event TO yjs_daemon;
        GRANT INSERT, UPDATE, DELETE ON member, shard_offset, case_, step, timer, inbox, command_answer, incident,
              dead_letter, unsent, api_token, definition TO yjs_daemon;
        GRANT UPDATE ON shard TO yjs_daemon;
        GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO yjs_daemon;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'yjs_read') THEN
        GRANT USAGE ON SCHEMA public TO yjs_read;
        GRANT SELECT ON ALL TABLES IN SCHEMA public TO yjs_read;
        REVOKE ALL ON api_token FROM yjs_read;
    END IF;
END
$$;

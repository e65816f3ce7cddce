-- How many messages of a shard's topics its owner has still to read, as it says with each heartbeat: for people, nothing is decided by it.

CREATE TABLE shard_unread (
    shard    int PRIMARY KEY,
    messages bigint,
    at       timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);
COMMENT ON TABLE shard_unread IS 'Kafka''s lag of each shard, at the owner''s last heartbeat';
COMMENT ON COLUMN shard_unread.messages IS 'On the result topics and the intake topic together; null: not known yet';

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'yjs_daemon') THEN
        GRANT SELECT, INSERT, UPDATE ON shard_unread TO yjs_daemon;
    END IF;
END
$$;

-- The calendar: what was published, version by version, and how far each shard's open cases have been reckoned anew by it.

CREATE TABLE calendar (
    publication  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version      text COLLATE "C" NOT NULL,
    canonical    text NOT NULL,
    published_at timestamptz NOT NULL DEFAULT now(),
    published_by text NOT NULL
);
COMMENT ON TABLE calendar IS 'Working days as they were published, each time the whole; the last one holds, all stay';
COMMENT ON COLUMN calendar.version IS 'SHA-256 of the canonical form; events with a due date name it';
COMMENT ON COLUMN calendar.canonical IS 'JSON of all files of config/calendar, by name';

CREATE TABLE shard_calendar (
    shard   int PRIMARY KEY,
    version text COLLATE "C" NOT NULL,
    after   text COLLATE "C" NOT NULL,
    done    boolean NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE shard_calendar IS 'How far a newly published calendar has come: open cases up to `after`, in the order of their ids, have been reckoned by it';

-- Makes `version` the one that holds, if `former` (null: none) still is. Gives no row when another was published between.
CREATE FUNCTION publish_calendar(version text, canonical text, by text, former text)
RETURNS TABLE (published_at timestamptz, fresh boolean)
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    held record;
BEGIN
    PERFORM pg_advisory_xact_lock(7936450123);
    SELECT c.version, c.published_at INTO held FROM calendar c ORDER BY publication DESC LIMIT 1;
    IF held.version IS NOT DISTINCT FROM publish_calendar.version THEN
        RETURN QUERY SELECT held.published_at, false;
    ELSIF held.version IS NOT DISTINCT FROM former THEN
        RETURN QUERY
        INSERT INTO calendar AS c (version, canonical, published_by)
        VALUES (publish_calendar.version, publish_calendar.canonical, by) RETURNING c.published_at, true;
    END IF;
END
$$;
COMMENT ON FUNCTION publish_calendar IS 'Publishes a calendar if the one it was made from still holds';

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'yjs_daemon') THEN
        GRANT SELECT, INSERT ON calendar TO yjs_daemon;
        GRANT SELECT, INSERT, UPDATE ON shard_calendar TO yjs_daemon;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'yjs_read') THEN
        GRANT SELECT ON calendar, shard_calendar TO yjs_read;
    END IF;
END
$$;

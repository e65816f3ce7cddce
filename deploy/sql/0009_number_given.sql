-- An application that came without a number keeps the one it is given: sent again under the same (source, id), it is the
-- same case, whatever happened between the giving and the case.

CREATE TABLE number_given (
    source text COLLATE "C" NOT NULL,
    id     text COLLATE "C" NOT NULL,
    region text COLLATE "C" NOT NULL,
    value  bigint NOT NULL,
    at     timestamptz NOT NULL,
    PRIMARY KEY (source, id)
);
COMMENT ON TABLE number_given IS 'Numbers of applications that came without one, by their message''s identity; kept for 90 days';
COMMENT ON COLUMN number_given.value IS 'Sequence; the number is region, day of `at` in China, sequence, check digit';

-- Gives each (source, id) its number, a new one when it has none. What is lost of this with a crash is lost with
-- everything that was written behind it: no batch has used it, so nobody waits for the disk.
CREATE FUNCTION give_numbers(sources text[], ids text[], regions text[], now_at timestamptz)
RETURNS TABLE (value bigint, at timestamptz, region text)
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    PERFORM pg_advisory_xact_lock(7936450121);   -- take_numbers' own: the sequence is drawn under it
    INSERT INTO number_given (source, id, region, value, at)
    SELECT f.source, f.id, f.region, nextval('number_sequence'), now_at
    FROM (SELECT DISTINCT ON (g.source, g.id) g.source, g.id, g.region, g.place
          FROM unnest(sources, ids, regions) WITH ORDINALITY AS g (source, id, region, place)
          WHERE NOT EXISTS (SELECT FROM number_given n WHERE n.source = g.source AND n.id = g.id)
          ORDER BY g.source, g.id, g.place) f
    ORDER BY f.place;
    RETURN QUERY
    SELECT n.value, n.at, n.region FROM unnest(sources, ids) WITH ORDINALITY AS g (source, id, place)
    JOIN number_given n ON n.source = g.source AND n.id = g.id ORDER BY g.place;
END
$$;
COMMENT ON FUNCTION give_numbers IS 'The numbers of applications by (source, id), in the order asked';

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'yjs_daemon') THEN
        GRANT SELECT, INSERT, DELETE ON number_given TO yjs_daemon;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'yjs_read') THEN
        GRANT SELECT ON number_given TO yjs_read;
    END IF;
END
$$;

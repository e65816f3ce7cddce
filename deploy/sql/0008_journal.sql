-- The journal in packs: what one input did to one case is one row, not one a event. Half the rows and half the index
-- entries a step, at the same contents. People go on reading events one by one: `event` is a view now.

CREATE TABLE journal (
    shard   int NOT NULL,
    version int NOT NULL,
    seq     bigint NOT NULL,
    at      timestamptz NOT NULL,
    events  int NOT NULL,
    case_id text COLLATE "C" NOT NULL,
    data    text NOT NULL
) PARTITION BY RANGE (at);
COMMENT ON TABLE journal IS 'What happened, never changed. A row: consecutive events of one case at one moment. A case is the fold of its events; messages are made from them';
COMMENT ON COLUMN journal.seq IS 'Of the first event; events are dense within their shard: 1, 2, 3 …';
COMMENT ON COLUMN journal.version IS 'Of the first event; dense within the case: 1, 2, 3 …';
COMMENT ON COLUMN journal.events IS 'How many; at most 64';
COMMENT ON COLUMN journal.data IS 'JSON array of {kind, step?, data}; each data are its bytes as written, never reformatted';

-- A partition's own indexes: unique without the partition's key, which an index of the whole table would have to carry.
CREATE FUNCTION index_journal_partition(name text) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    EXECUTE format('CREATE UNIQUE INDEX %I ON %I (shard, seq)', name || '_seq', name);
    EXECUTE format('CREATE UNIQUE INDEX %I ON %I (case_id, version)', name || '_case', name);
END
$$;

-- Makes the journal's partitions from last month to `ahead` months on (months of China), with their indexes, and moves
-- rows there that had to wait in the default partition. Called when the database is made and daily by the daemons.
CREATE FUNCTION make_journal_partitions(ahead int DEFAULT 3) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    this_month timestamp := date_trunc('month', now() AT TIME ZONE 'Asia/Shanghai');
    month timestamp;
    name text;
    made int := 0;
    low timestamptz;
    high timestamptz;
BEGIN
    PERFORM pg_advisory_xact_lock(7936450122);
    FOR i IN -1 .. ahead LOOP
        month := this_month + make_interval(months => i);
        name := 'journal_' || to_char(month, 'YYYY_MM');
        low := month AT TIME ZONE 'Asia/Shanghai';
        high := (month + interval '1 month') AT TIME ZONE 'Asia/Shanghai';
        CONTINUE WHEN to_regclass(name) IS NOT NULL;
        EXECUTE format('CREATE TABLE %I (LIKE journal INCLUDING ALL) WITH (toast_tuple_target = 8160)', name);
        EXECUTE format('WITH moved AS (DELETE FROM journal_default WHERE at >= %L AND at < %L RETURNING *)
                        INSERT INTO %I SELECT * FROM moved', low, high, name);
        EXECUTE format('ALTER TABLE journal ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name, low, high);
        PERFORM index_journal_partition(name);
        made := made + 1;
    END LOOP;
    RETURN made;
END
$$;
COMMENT ON FUNCTION make_journal_partitions IS 'Makes the journal''s coming partitions; may be called at any time';

DO $$
BEGIN
    ALTER TABLE journal ALTER COLUMN data SET COMPRESSION lz4;
EXCEPTION
    WHEN feature_not_supported THEN
        RAISE NOTICE 'this server has no lz4';
END
$$;
CREATE TABLE journal_default PARTITION OF journal DEFAULT WITH (toast_tuple_target = 8160);
COMMENT ON TABLE journal_default IS 'Events of months without a partition, so that nothing fails';
SELECT index_journal_partition('journal_default');
SELECT make_journal_partitions();

INSERT INTO journal (shard, version, seq, at, events, case_id, data)
SELECT shard, version, seq, at, 1, case_id,
       '[{"kind":' || to_json(kind) || coalesce(',"step":' || to_json(step), '') || ',"data":' || data || '}]'
FROM event ORDER BY shard, seq;
DROP VIEW event_json;
DROP TABLE event;
DROP FUNCTION make_event_partitions(int);
DROP FUNCTION index_event_partition(text);

-- Reading by case or by (shard, the pack's seq) uses the journal's indexes.
CREATE VIEW event AS
    SELECT j.shard, (j.version + e.nth - 1)::int AS version, j.seq + e.nth - 1 AS seq, j.at, j.case_id,
           e.pack ->> 'kind' AS kind, e.pack ->> 'step' AS step, (e.pack -> 'data')::text AS data
    FROM journal j CROSS JOIN LATERAL json_array_elements(j.data::json) WITH ORDINALITY AS e (pack, nth);
COMMENT ON VIEW event IS 'The journal, an event a row';

CREATE VIEW event_json AS
    SELECT at, shard, seq, case_id, version, kind, step, data::jsonb AS data FROM event;
COMMENT ON VIEW event_json IS 'The journal with its data as jsonb, for questions with -> and @>';

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'yjs_daemon') THEN
        GRANT SELECT ON journal, event, event_json TO yjs_daemon;
        GRANT INSERT ON journal TO yjs_daemon;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'yjs_read') THEN
        GRANT SELECT ON journal, event, event_json TO yjs_read;
    END IF;
END
$$;

-- The few things that have to happen inside the database.

-- First statement of every batch: holds the batch's shard rows to the end of the transaction and raises when one is no
-- longer the caller's. An UPDATE that matches no row would not stop a pipeline; this does.
CREATE FUNCTION fence(shards int[], epochs bigint[]) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    lost text;
BEGIN
    SELECT string_agg(w.shard::text, ',' ORDER BY w.shard) INTO lost
    FROM unnest(shards, epochs) AS w (shard, epoch)
    LEFT JOIN (SELECT s.shard, s.epoch FROM shard s WHERE s.shard = ANY (shards) ORDER BY s.shard FOR NO KEY UPDATE) AS held
           ON held.shard = w.shard
    WHERE held.epoch IS DISTINCT FROM w.epoch;
    IF lost IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'YJ001', MESSAGE = 'shards have another owner', DETAIL = lost;
    END IF;
END
$$;
COMMENT ON FUNCTION fence IS 'Locks shards in order; raises YJ001, the lost shards in its detail, when an epoch is not the caller''s';

-- Raises when a set-based update met fewer rows than it was given.
CREATE FUNCTION expect_rows(met bigint, given bigint, what text) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF met <> given THEN
        RAISE EXCEPTION USING ERRCODE = 'YJ002', MESSAGE = format('%s: %s rows given, %s met', what, given, met);
    END IF;
END
$$;

-- Ends the sessions of the shards' former owners. A stopped daemon holds row locks that no timeout frees in the middle
-- of a pipeline; backend_start guards against a process id that was used again.
CREATE FUNCTION end_owners(shards int[]) RETURNS int
LANGUAGE sql SET search_path FROM CURRENT AS $$
    SELECT count(pg_terminate_backend(former.pid, 2000))::int
    FROM (SELECT DISTINCT a.pid
          FROM shard s JOIN pg_stat_activity a ON a.pid = s.backend_pid AND a.backend_start = s.backend_start
          WHERE s.shard = ANY (shards) AND a.pid <> pg_backend_pid()) AS former
$$;

-- `wanted` consecutive numbers; gives the first.
CREATE FUNCTION take_numbers(wanted int) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    first bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(7936450121);
    first := nextval('number_sequence');
    IF wanted > 1 THEN
        PERFORM setval('number_sequence', first + wanted - 1);
    END IF;
    RETURN first;
END
$$;

-- Makes the journal's partitions from last month to `ahead` months on (months of China), with their indexes, and moves
-- rows there that had to wait in the default partition. Called when the database is made and daily by the daemons.
CREATE FUNCTION make_event_partitions(ahead int DEFAULT 3) RETURNS int
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
        name := 'event_' || to_char(month, 'YYYY_MM');
        low := month AT TIME ZONE 'Asia/Shanghai';
        high := (month + interval '1 month') AT TIME ZONE 'Asia/Shanghai';
        CONTINUE WHEN to_regclass(name) IS NOT NULL;
        EXECUTE format('CREATE TABLE %I (LIKE event INCLUDING ALL) WITH (toast_tuple_target = 8160)', name);
        EXECUTE format('WITH moved AS (DELETE FROM event_default WHERE at >= %L AND at < %L RETURNING *)
                        INSERT INTO %I SELECT * FROM moved', low, high, name);
        EXECUTE format('ALTER TABLE event ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name, low, high);
        PERFORM index_event_partition(name);
        made := made + 1;
    END LOOP;
    RETURN made;
END
$$;
COMMENT ON FUNCTION make_event_partitions IS 'Makes the journal''s coming partitions; may be called at any time';

-- A partition's own indexes: unique without the partition's key, which an index of the whole table would have to carry.
CREATE FUNCTION index_event_partition(name text) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    EXECUTE format('CREATE UNIQUE INDEX %I ON %I (shard, seq)', name || '_seq', name);
    EXECUTE format('CREATE UNIQUE INDEX %I ON %I (case_id, version)', name || '_case', name);
END
$$;

CREATE TABLE event_default PARTITION OF event DEFAULT WITH (toast_tuple_target = 8160);
COMMENT ON TABLE event_default IS 'Events of months without a partition, so that nothing fails';
SELECT index_event_partition('event_default');
SELECT make_event_partitions();

-- Whoever writes into the inbox wakes the daemons. A hint: they look every 200 ms all the same.
CREATE FUNCTION inbox_notify() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    NOTIFY yjs_inbox;
    RETURN NULL;
END
$$;
CREATE TRIGGER inbox_notify AFTER INSERT ON inbox FOR EACH STATEMENT EXECUTE FUNCTION inbox_notify();

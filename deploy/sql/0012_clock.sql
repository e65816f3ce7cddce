-- The law's time for people: a row a clock of an item, and of a case that promises a time.

CREATE TABLE clock (
    case_id    text COLLATE "C" NOT NULL,
    item       text COLLATE "C" NOT NULL,
    clock      text COLLATE "C" NOT NULL,
    shard      int NOT NULL,
    thing      text COLLATE "C" NOT NULL,
    region     text COLLATE "C",
    department text COLLATE "C",
    state      text COLLATE "C" NOT NULL,
    light      text COLLATE "C" NOT NULL,
    started_at timestamptz,
    due_at     timestamptz,
    ended_at   timestamptz,
    changed_at timestamptz NOT NULL,
    explained  jsonb NOT NULL,
    PRIMARY KEY (case_id, item, clock)
) WITH (fillfactor = 70);
CREATE INDEX clock_open ON clock (department, due_at) WHERE ended_at IS NULL;
CREATE INDEX clock_light ON clock (light, due_at) WHERE ended_at IS NULL AND light <> 'green';
COMMENT ON TABLE clock IS 'Acceptance and clocks of items and cases: a projection of the journal';
COMMENT ON COLUMN clock.item IS 'Of the definition; empty: the case''s own promise';
COMMENT ON COLUMN clock.clock IS 'acceptance (預受理 to 受理), promise (承諾), statute (法定), delivery (送達)';
COMMENT ON COLUMN clock.department IS 'Whose item it is';
COMMENT ON COLUMN clock.state IS 'running, paused, stopped; of acceptance: received, correcting, accepted, ended';
COMMENT ON COLUMN clock.light IS 'green, yellow, red (past the promise), deep_red (past a limit of the law)';
COMMENT ON COLUMN clock.due_at IS 'Null: it stands still, or nothing is awaited';
COMMENT ON COLUMN clock.explained IS 'Why it is due then: limit, beginning, what was not counted, which days were passed over';

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'yjs_daemon') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON clock TO yjs_daemon;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'yjs_read') THEN
        GRANT SELECT ON clock TO yjs_read;
    END IF;
END
$$;

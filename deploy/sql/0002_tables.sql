-- The tables. The journal (event) is the truth about cases; case_ and step are projections of it for people and lists;
-- shard, shard_offset, timer and inbox are the daemon's own.
--
-- Ids compare by bytes (COLLATE "C"): cheaper, the same on every machine, and a prefix can use an index. In state rows
-- the columns that never change stand first: an update's log record leaves out what old and new row begin with alike.
-- No index stands on a column that changes often, so that most updates stay within their page (HOT).

CREATE TABLE setting (
    name  text COLLATE "C" PRIMARY KEY,
    value text NOT NULL
);
COMMENT ON TABLE setting IS 'What was fixed when this database was made';
COMMENT ON COLUMN setting.name IS 'shard_count: P, partitions of every topic; region: GB/T 2260 code of the city';

CREATE TABLE member (
    instance text COLLATE "C" PRIMARY KEY,
    since    timestamptz NOT NULL,
    seen_at  timestamptz NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE member IS 'Daemons; each renews its row every second. Clocks here decide liveness only, never safety';

CREATE TABLE shard (
    shard         int PRIMARY KEY,
    epoch         bigint NOT NULL DEFAULT 0,
    owner         text COLLATE "C",
    run           bigint,
    backend_pid   int,
    backend_start timestamptz,
    taken_at      timestamptz,
    next_seq      bigint NOT NULL DEFAULT 1,
    published_seq bigint NOT NULL DEFAULT 0,
    trying        text,
    deaths        int NOT NULL DEFAULT 0,
    clean         boolean NOT NULL DEFAULT true
) WITH (fillfactor = 10);
COMMENT ON TABLE shard IS 'Who works which part of the cases. A row is locked by its owner''s every batch';
COMMENT ON COLUMN shard.shard IS 'Partition number of every topic; murmur2 of the root''s number modulo P';
COMMENT ON COLUMN shard.epoch IS 'Rises with every taking; a batch of an older epoch is refused by fence()';
COMMENT ON COLUMN shard.owner IS 'Instance name; null: let go';
COMMENT ON COLUMN shard.run IS 'The owner''s process: the same instance started again has another';
COMMENT ON COLUMN shard.backend_pid IS 'The owner''s database session, ended by who takes the shard';
COMMENT ON COLUMN shard.next_seq IS 'Number of the next event in this shard''s journal';
COMMENT ON COLUMN shard.published_seq IS 'Every message of events up to here is acknowledged by the broker';
COMMENT ON COLUMN shard.trying IS 'The one input that is tried after an unclean end';
COMMENT ON COLUMN shard.deaths IS 'How often the owner died while `trying` was named';
COMMENT ON COLUMN shard.clean IS 'The last owner let go in order';

CREATE TABLE shard_offset (
    shard int NOT NULL,
    topic text COLLATE "C" NOT NULL,
    next  bigint NOT NULL,
    PRIMARY KEY (shard, topic)
) WITH (fillfactor = 50);
COMMENT ON TABLE shard_offset IS 'The next message to read of a topic''s partition (= shard), moved in the transaction of its effects';

CREATE TABLE definition (
    hash         text COLLATE "C" PRIMARY KEY,
    thing        text COLLATE "C" NOT NULL,
    source       text NOT NULL,
    canonical    text NOT NULL,
    published_at timestamptz NOT NULL,
    published_by text NOT NULL,
    current      boolean NOT NULL,
    withdrawn_at timestamptz
);
CREATE UNIQUE INDEX definition_current ON definition (thing) WHERE current;
COMMENT ON TABLE definition IS 'Published definitions, immutable, named by the hash of their canonical form';
COMMENT ON COLUMN definition.source IS 'As its author wrote it (YAML)';
COMMENT ON COLUMN definition.current IS 'New cases of the thing start on it; running ones stay on their own';

CREATE TABLE case_ (
    id              text COLLATE "C" PRIMARY KEY,
    root            text COLLATE "C" NOT NULL,
    parent          text COLLATE "C",
    shard           int NOT NULL,
    thing           text COLLATE "C" NOT NULL,
    region          text COLLATE "C" NOT NULL,
    source          text COLLATE "C",
    source_id       text COLLATE "C",
    content_digest  text COLLATE "C",
    title           text COLLATE "C",
    started_at      timestamptz NOT NULL,
    definition_hash text COLLATE "C" NOT NULL,
    priority        int NOT NULL,
    phase           text COLLATE "C" NOT NULL,
    outcome         text COLLATE "C",
    stop            text COLLATE "C",
    closed_at       timestamptz,
    incidents       int NOT NULL,
    changed_at      timestamptz NOT NULL,
    version         int NOT NULL
) WITH (fillfactor = 50);
CREATE INDEX case_started ON case_ (started_at, id);
CREATE INDEX case_thing ON case_ (thing, started_at, id);
CREATE INDEX case_parent ON case_ (parent) WHERE parent IS NOT NULL;
COMMENT ON TABLE case_ IS 'Cases: a projection of the journal. A root''s id is its number (流水號)';
COMMENT ON COLUMN case_.root IS 'Number of the topmost case: gives the shard and is the Kafka key';
COMMENT ON COLUMN case_.title IS 'What lists show, masked';
COMMENT ON COLUMN case_.content_digest IS 'Of the submission: same number and same content is the same case';
COMMENT ON COLUMN case_.phase IS 'running, stopping, closed (辦結)';
COMMENT ON COLUMN case_.outcome IS 'granted, partial, refused, withdrawn, terminated, void; none while open';
COMMENT ON COLUMN case_.incidents IS 'Open ones';
COMMENT ON COLUMN case_.version IS 'Events so far';

CREATE TABLE step (
    case_id    text COLLATE "C" NOT NULL,
    step       text COLLATE "C" NOT NULL,
    index      int NOT NULL,
    shard      int NOT NULL,
    position   int NOT NULL,
    kind       text COLLATE "C" NOT NULL,
    child      text COLLATE "C",
    department text COLLATE "C",
    region     text COLLATE "C",
    asked_at   timestamptz,
    due_at     timestamptz,
    attempt    int NOT NULL,
    open       boolean NOT NULL,
    state      text COLLATE "C" NOT NULL,
    reason     text,
    ended_at   timestamptz,
    PRIMARY KEY (case_id, step, index)
) WITH (fillfactor = 70);
CREATE INDEX step_open ON step (department, region) WHERE open;
COMMENT ON TABLE step IS 'Steps of cases and the elements of `each` steps: a projection of the journal';
COMMENT ON COLUMN step.index IS 'Element; -1: the step itself';
COMMENT ON COLUMN step.position IS 'In the definition''s order';
COMMENT ON COLUMN step.open IS 'Asked and not ended: neither waiting nor at an end';
COMMENT ON COLUMN step.department IS 'Of the office that was asked';

CREATE TABLE event (
    shard   int NOT NULL,
    version int NOT NULL,
    seq     bigint NOT NULL,
    at      timestamptz NOT NULL,
    case_id text COLLATE "C" NOT NULL,
    kind    text COLLATE "C" NOT NULL,
    step    text COLLATE "C",
    data    text NOT NULL
) PARTITION BY RANGE (at);
COMMENT ON TABLE event IS 'The journal: what happened, never changed. A case is the fold of its events; messages are made from them';
COMMENT ON COLUMN event.seq IS 'Dense within the shard: 1, 2, 3 …';
COMMENT ON COLUMN event.version IS 'Dense within the case: 1, 2, 3 …';
COMMENT ON COLUMN event.data IS 'JSON bytes as written, never reformatted';

CREATE TABLE timer (
    case_id text COLLATE "C" PRIMARY KEY,
    shard   int NOT NULL,
    due_at  timestamptz NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX timer_due ON timer (shard, due_at);
COMMENT ON TABLE timer IS 'At most one row a case, never later than the earliest of its due moments';

CREATE TABLE inbox (
    id              bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    shard           int NOT NULL,
    root            text COLLATE "C" NOT NULL,
    kind            text COLLATE "C" NOT NULL,
    case_id         text COLLATE "C",
    data            text NOT NULL,
    idempotency_key text COLLATE "C",
    at              timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX inbox_shard ON inbox (shard, id);
COMMENT ON TABLE inbox IS 'Commands that wait for their shard''s owner: of the HTTP API, and results that came on a wrong partition';

CREATE TABLE command_answer (
    inbox_id        bigint PRIMARY KEY,
    idempotency_key text COLLATE "C",
    digest          text COLLATE "C" NOT NULL,
    at              timestamptz NOT NULL DEFAULT now(),
    status          int NOT NULL DEFAULT 0,
    body            text
) WITH (fillfactor = 60);
CREATE UNIQUE INDEX command_answer_key ON command_answer (idempotency_key) WHERE idempotency_key IS NOT NULL;
COMMENT ON TABLE command_answer IS 'What became of a command; kept some days, so that a repeated one gets the first one''s answer';
COMMENT ON COLUMN command_answer.status IS 'HTTP status; 0 while the command waits';
COMMENT ON COLUMN command_answer.digest IS 'SHA-256 of the command''s content';

CREATE TABLE incident (
    id         text COLLATE "C" PRIMARY KEY,
    case_id    text COLLATE "C",
    step       text COLLATE "C",
    index      int NOT NULL,
    shard      int NOT NULL,
    code       text COLLATE "C" NOT NULL,
    message    text NOT NULL,
    department text COLLATE "C",
    region     text COLLATE "C",
    opened_at  timestamptz NOT NULL,
    closed_at  timestamptz,
    closed_by  text,
    closed_how text
);
CREATE INDEX incident_open ON incident (opened_at, id) WHERE closed_at IS NULL;
CREATE INDEX incident_case ON incident (case_id) WHERE case_id IS NOT NULL;
COMMENT ON TABLE incident IS 'What needs a person: a stuck step, a dispute, an offset that is gone';
COMMENT ON COLUMN incident.id IS 'case:step[.index]:n, or topic@partition:offset';

CREATE TABLE dead_letter (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    shard       int NOT NULL,
    topic       text COLLATE "C" NOT NULL,
    partition   int NOT NULL,
    "offset"    bigint NOT NULL,
    at          timestamptz NOT NULL,
    code        text COLLATE "C" NOT NULL,
    message     text NOT NULL,
    key         bytea,
    headers     text,
    value       bytea,
    redriven_at timestamptz,
    redriven_by text
);
CREATE INDEX dead_letter_open ON dead_letter (id) WHERE redriven_at IS NULL;
COMMENT ON TABLE dead_letter IS 'Messages that could not be applied, unchanged, with the reason';
COMMENT ON COLUMN dead_letter.topic IS 'Where it came from; (inbox): a command, its id is the offset';
COMMENT ON COLUMN dead_letter.headers IS 'JSON';

CREATE TABLE unsent (
    shard  int NOT NULL,
    seq    bigint NOT NULL,
    topic  text COLLATE "C" NOT NULL,
    reason text NOT NULL,
    at     timestamptz NOT NULL,
    PRIMARY KEY (shard, seq, topic)
);
COMMENT ON TABLE unsent IS 'Messages of committed events that the broker would not take; the flow went on';

CREATE TABLE api_token (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hash       text COLLATE "C" NOT NULL UNIQUE,
    role       text COLLATE "C" NOT NULL,
    department text COLLATE "C",
    region     text COLLATE "C",
    name       text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz
);
COMMENT ON TABLE api_token IS 'Bearer tokens, by hash: the token itself is shown once, to who made it';

CREATE SEQUENCE number_sequence;
COMMENT ON SEQUENCE number_sequence IS 'For case numbers made by us; drawn by take_numbers()';

-- Large texts are compressed by lz4, much quicker than the default; a server built without it keeps the default.
DO $$
BEGIN
    ALTER TABLE event ALTER COLUMN data SET COMPRESSION lz4;
    ALTER TABLE inbox ALTER COLUMN data SET COMPRESSION lz4;
    ALTER TABLE command_answer ALTER COLUMN body SET COMPRESSION lz4;
    ALTER TABLE dead_letter ALTER COLUMN value SET COMPRESSION lz4;
    ALTER TABLE definition ALTER COLUMN source SET COMPRESSION lz4, ALTER COLUMN canonical SET COMPRESSION lz4;
EXCEPTION
    WHEN feature_not_supported THEN
        RAISE NOTICE 'this server has no lz4';
END
$$;

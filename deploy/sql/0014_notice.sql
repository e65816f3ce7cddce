-- Notices: what people are told. A batch writes which events have to be told (notice_due); the notifier finds out to whom
-- and in which words, and writes a row a person and channel (notice) in the transaction that takes the due one away.

CREATE TABLE notice_due (
    case_id text COLLATE "C" NOT NULL,
    version int NOT NULL,
    shard   int NOT NULL,
    kind    text COLLATE "C" NOT NULL,
    at      timestamptz NOT NULL,
    PRIMARY KEY (case_id, version)
);
COMMENT ON TABLE notice_due IS 'Events that people have to be told of, until it is written down whom';
COMMENT ON COLUMN notice_due.version IS 'Of the event within its case';

CREATE TABLE notice (
    id         text COLLATE "C" PRIMARY KEY,
    number     bigint GENERATED ALWAYS AS IDENTITY,
    case_id    text COLLATE "C" NOT NULL,
    version    int NOT NULL,
    shard      int NOT NULL,
    kind       text COLLATE "C" NOT NULL,
    at         timestamptz NOT NULL,
    audience   text COLLATE "C" NOT NULL,
    recipient  text COLLATE "C" NOT NULL,
    channel    text COLLATE "C" NOT NULL,
    language   text COLLATE "C" NOT NULL,
    step       text COLLATE "C",
    shown_as   text,
    texts      jsonb NOT NULL,
    made_at    timestamptz NOT NULL DEFAULT now(),
    address    text,
    state      text COLLATE "C" NOT NULL,
    attempts   int NOT NULL DEFAULT 0,
    next_at    timestamptz,
    sent_at    timestamptz,
    error      text
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX notice_number ON notice (number);
CREATE INDEX notice_case ON notice (case_id, number);
CREATE INDEX notice_waiting ON notice (next_at) WHERE state = 'waiting';
CREATE INDEX notice_failed ON notice (number) WHERE state = 'given_up';
COMMENT ON TABLE notice IS 'What was, or is to be, told: a row a person and channel';
COMMENT ON COLUMN notice.id IS 'case:version:recipient:channel, what the channel is given as the message''s identity: the same event is told once';
COMMENT ON COLUMN notice.number IS 'In the order of their making; the cursor of lists';
COMMENT ON COLUMN notice.audience IS 'party, window, department, supervisor';
COMMENT ON COLUMN notice.recipient IS 'seller.0, seller.0.agent; a department; a region (window); supervisor';
COMMENT ON COLUMN notice.shown_as IS 'The recipient as people may see him: name and address masked';
COMMENT ON COLUMN notice.texts IS '{"zh-Hant": {"title", "text"}, …}, masked; `language` is the one that is sent';
COMMENT ON COLUMN notice.address IS 'Phone or e-mail; forgotten when the notice has left';
COMMENT ON COLUMN notice.state IS 'waiting, sent, shown (console alone), given_up (an incident is open), dropped (no longer true)';
COMMENT ON COLUMN notice.next_at IS 'When it is tried next; while it is being sent, when another may try';

CREATE TABLE notice_attempt (
    notice  text COLLATE "C" NOT NULL,
    attempt int NOT NULL,
    at      timestamptz NOT NULL DEFAULT now(),
    took_ms int NOT NULL,
    status  int,
    error   text,
    PRIMARY KEY (notice, attempt)
);
COMMENT ON TABLE notice_attempt IS 'Each try to send a notice: the proof that it left, or why not';
COMMENT ON COLUMN notice_attempt.status IS 'Of HTTP or SMTP; null: there was no answer';

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'yjs_daemon') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON notice_due, notice, notice_attempt TO yjs_daemon;
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO yjs_daemon;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'yjs_read') THEN
        GRANT SELECT ON notice_due, notice_attempt TO yjs_read;
        GRANT SELECT (id, number, case_id, version, shard, kind, at, audience, recipient, channel, language, step, shown_as, texts,
                      made_at, state, attempts, next_at, sent_at, error) ON notice TO yjs_read;
    END IF;
END
$$;

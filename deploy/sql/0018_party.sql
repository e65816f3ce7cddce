-- Parties: each person of an application, and each agent, has a query code of his own (查詢碼). Kept as a salted, slow hash;
-- shown once, to who submitted or renewed it.

CREATE TABLE party_code (
    case_id    text COLLATE "C" NOT NULL,
    person     text COLLATE "C" NOT NULL,
    salt       text COLLATE "C" NOT NULL,
    iterations int NOT NULL,
    hash       text COLLATE "C" NOT NULL,
    made_at    timestamptz NOT NULL DEFAULT now(),
    made_by    text NOT NULL,
    PRIMARY KEY (case_id, person)
);
COMMENT ON TABLE party_code IS 'Query codes of persons; the code itself is kept nowhere';
COMMENT ON COLUMN party_code.person IS 'seller.0, seller.0.agent; applicant: of a case that names no parties';
COMMENT ON COLUMN party_code.hash IS 'PBKDF2-HMAC-SHA256 of the code';

CREATE TABLE party_access (
    case_id       text COLLATE "C" PRIMARY KEY,
    tries         int NOT NULL,
    rounds        int NOT NULL DEFAULT 0,
    tried_at      timestamptz NOT NULL DEFAULT now(),
    blocked_until timestamptz
) WITH (fillfactor = 70);
COMMENT ON TABLE party_access IS 'Wrong codes for a case: counted before a code is looked at, so that many at once are counted too';
COMMENT ON COLUMN party_access.tries IS 'Since the last right one, or the last block';
COMMENT ON COLUMN party_access.rounds IS 'Blocks in a row: each lasts twice as long as the one before, at most a day';

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'yjs_daemon') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON party_code, party_access TO yjs_daemon;
    END IF;
END
$$;

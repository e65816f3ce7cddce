-- Parties upload materials by their own code: how many each may, and what each has brought. And materials that no case names
-- are taken away again.

CREATE TABLE material_allowance (
    case_id text COLLATE "C" NOT NULL,
    person  text COLLATE "C" NOT NULL,
    uploads int NOT NULL,
    PRIMARY KEY (case_id, person)
) WITH (fillfactor = 70);
COMMENT ON TABLE material_allowance IS 'How many uploads a person has begun for a case: counted before the first byte is taken, so that many at once are counted too';

CREATE TABLE material_brought (
    digest  text COLLATE "C" NOT NULL,
    case_id text COLLATE "C" NOT NULL,
    person  text COLLATE "C" NOT NULL,
    at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (case_id, digest, person)
);
COMMENT ON TABLE material_brought IS 'What a person has uploaded for a case: what that person may name there';

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'yjs_daemon') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON material_allowance, material_brought TO yjs_daemon;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'yjs_read') THEN
        GRANT SELECT ON material_allowance, material_brought TO yjs_read;
    END IF;
END
$$;

-- Materials that were uploaded (their bytes lie in the vault), in which cases they are named, and who looked at what is
-- personal: kept as long as the journal, at least six months.

CREATE TABLE material (
    digest      text COLLATE "C" PRIMARY KEY,
    size        bigint NOT NULL,
    media_type  text COLLATE "C" NOT NULL,
    scan        text COLLATE "C" NOT NULL,
    uploaded_by text NOT NULL,
    uploaded_at timestamptz NOT NULL DEFAULT now(),
    scanned_at  timestamptz
);
COMMENT ON TABLE material IS 'Materials whose bytes are kept; a row stands only for what is durably there';
COMMENT ON COLUMN material.digest IS 'sm3: and 64 hexadecimal digits: the name of the content';
COMMENT ON COLUMN material.media_type IS 'By its content, not by what the client said';
COMMENT ON COLUMN material.scan IS 'clean, or not_scanned when no scanner is configured; what is infected is not kept';
COMMENT ON COLUMN material.uploaded_by IS 'Who brought it first';

CREATE TABLE material_use (
    digest   text COLLATE "C" NOT NULL,
    case_id  text COLLATE "C" NOT NULL,
    material text COLLATE "C" NOT NULL,
    at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (digest, case_id, material)
);
CREATE INDEX material_use_case ON material_use (case_id);
COMMENT ON TABLE material_use IS 'Where a material was brought to: what an application, a correction or a later bringing named. The journal says whether the case took it';

CREATE TABLE access (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT now(),
    who        text NOT NULL,
    role       text COLLATE "C" NOT NULL,
    department text COLLATE "C",
    what       text COLLATE "C" NOT NULL,
    case_id    text COLLATE "C",
    subject    text NOT NULL,
    reason     text
);
CREATE INDEX access_case ON access (case_id, id) WHERE case_id IS NOT NULL;
CREATE INDEX access_subject ON access (subject, id) WHERE what = 'material';
COMMENT ON TABLE access IS 'Who was shown what is personal, written before it is shown; never changed';
COMMENT ON COLUMN access.who IS 'Name of the token';
COMMENT ON COLUMN access.what IS 'material: its bytes were handed out; reveal: fields of a case were shown in clear';
COMMENT ON COLUMN access.subject IS 'The material''s digest; the fields'' JSON pointers as a JSON array, or all';

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'yjs_daemon') THEN
        GRANT SELECT, INSERT, UPDATE ON material TO yjs_daemon;
        GRANT SELECT, INSERT ON material_use, access TO yjs_daemon;
        GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO yjs_daemon;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'yjs_read') THEN
        GRANT SELECT ON material, material_use, access TO yjs_read;
    END IF;
END
$$;

-- Worklists: who of a department's staff has taken a task. A courtesy between people, not a lock: the daemon does not look.

CREATE TABLE task_claim (
    case_id    text COLLATE "C" NOT NULL,
    step       text COLLATE "C" NOT NULL,
    index      int NOT NULL,
    attempt    int NOT NULL,
    claimed_by text NOT NULL,
    at         timestamptz NOT NULL,
    until      timestamptz NOT NULL,
    PRIMARY KEY (case_id, step, index)
);
COMMENT ON TABLE task_claim IS 'Tasks that somebody of the department has taken from the worklist, until when';

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'yjs_daemon') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON task_claim TO yjs_daemon;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'yjs_read') THEN
        GRANT SELECT ON task_claim TO yjs_read;
    END IF;
END
$$;

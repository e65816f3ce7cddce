-- Which migrations this database has had. Runs before all others, every time.
CREATE TABLE IF NOT EXISTS schema_version (
    version    int PRIMARY KEY,
    name       text NOT NULL,
    checksum   text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    applied_by text NOT NULL DEFAULT current_user
);
COMMENT ON TABLE schema_version IS 'Migrations applied (deploy/sql), with the SHA-256 of each';

-- A worklist puts the higher priority first. A step's own is its definition's; it is looked up beside the step, so that the
-- way of a result writes nothing for it.

CREATE TABLE step_priority (
    definition_hash text COLLATE "C" NOT NULL,
    step            text COLLATE "C" NOT NULL,
    priority        int NOT NULL,
    PRIMARY KEY (definition_hash, step)
);
COMMENT ON TABLE step_priority IS 'The steps of published definitions that name a priority; written with the definition';

CREATE FUNCTION definition_priorities() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO step_priority (definition_hash, step, priority)
    SELECT NEW.hash, s ->> 'id', (s ->> 'priority')::int FROM json_array_elements(NEW.canonical::json -> 'steps') s
    WHERE s -> 'priority' IS NOT NULL ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER definition_priorities AFTER INSERT ON definition FOR EACH ROW EXECUTE FUNCTION definition_priorities();

INSERT INTO step_priority (definition_hash, step, priority)
SELECT d.hash, s ->> 'id', (s ->> 'priority')::int FROM definition d, json_array_elements(d.canonical::json -> 'steps') s
WHERE s -> 'priority' IS NOT NULL;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'yjs_daemon') THEN
        GRANT SELECT, INSERT ON step_priority TO yjs_daemon;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'yjs_read') THEN
        GRANT SELECT ON step_priority TO yjs_read;
    END IF;
END
$$;

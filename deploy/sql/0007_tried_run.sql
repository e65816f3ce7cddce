-- Who dies before it comes to the input that a former owner named has not tried it: only the run that named it counts.

ALTER TABLE shard ADD COLUMN tried_run bigint;
COMMENT ON COLUMN shard.tried_run IS 'The owner''s process that named `trying`: its death counts, another''s does not';
COMMENT ON COLUMN shard.deaths IS 'How often an owner died that had named `trying` itself';

-- The oldest open step of an office in a shard is one look into an index, however many are open: each taking of shards
-- and, now and then, each daemon asks it of every office (what has left its topic). What a department undoes is found
-- without its other steps.

DROP INDEX step_open;
CREATE INDEX step_open ON step (department, region, shard, asked_at) WHERE open;
CREATE INDEX step_undoing ON step (shard) WHERE state = 'undoing';

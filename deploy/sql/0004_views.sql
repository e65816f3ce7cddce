-- Views for people at psql.

CREATE VIEW event_json AS
    SELECT at, shard, seq, case_id, version, kind, step, data::jsonb AS data FROM event;
COMMENT ON VIEW event_json IS 'The journal with its data as jsonb, for questions with -> and @>';

CREATE VIEW open_step AS
    SELECT s.department, s.region, s.case_id, s.step, s.index, s.state, s.attempt, s.asked_at,
           now() - s.asked_at AS open_for, s.due_at, s.reason, c.thing, c.title
    FROM step s JOIN case_ c ON c.id = s.case_id
    WHERE s.open;
COMMENT ON VIEW open_step IS 'Whose turn it is: steps that were asked and have not ended';

CREATE VIEW stuck AS
    SELECT i.opened_at, now() - i.opened_at AS open_for, i.code, i.department, i.region, i.case_id, i.step, i.index,
           i.message, c.thing, i.id AS incident
    FROM incident i LEFT JOIN case_ c ON c.id = i.case_id
    WHERE i.closed_at IS NULL;
COMMENT ON VIEW stuck IS 'What waits for a person, and why';

CREATE VIEW backlog AS
    SELECT s.shard, s.owner, s.epoch, s.next_seq - 1 - s.published_seq AS unpublished,
           (SELECT count(*) FROM inbox i WHERE i.shard = s.shard) AS inbox,
           (SELECT count(*) FROM timer t WHERE t.shard = s.shard AND t.due_at < now()) AS timers_overdue,
           (SELECT count(*) FROM unsent u WHERE u.shard = s.shard) AS unsent
    FROM shard s;
COMMENT ON VIEW backlog IS 'What each shard has still to do';

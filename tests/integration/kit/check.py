"""What must hold whatever happened: the invariants of journal and topics (DESIGN §3, §5)."""
import collections
import json

from base import until


def journal(place):
    """Versions are dense within a case, sequence numbers dense within a shard; published_seq is at the end."""
    for row in place.rows("SELECT case_id, count(*) AS n, min(version) AS low, max(version) AS high FROM event GROUP BY case_id"):
        assert row["low"] == 1 and row["high"] == row["n"], f"versions of {row['case_id']} have gaps: {row}"
    # One statement, so that both counts are of one moment: the daemon may still be writing.
    for row in place.rows("SELECT shard, s.next_seq, e.n, e.low, e.high FROM shard s JOIN (SELECT shard, count(*) AS n, min(seq) AS low, "
                          "max(seq) AS high FROM event GROUP BY shard) e USING (shard)"):
        assert row["low"] == 1 and row["high"] == row["n"], f"sequence numbers of shard {row['shard']} have gaps: {row}"
        assert row["next_seq"] == row["high"] + 1, row


def settled(place, seconds=20):
    """Waits until every committed event's messages are acknowledged by the broker."""
    until(lambda: place.sql("SELECT count(*) FROM shard WHERE published_seq < next_seq - 1") == "0", seconds, 0.1,
          why=lambda: f"publications are open: {place.rows('SELECT shard, owner, next_seq, published_seq FROM shard')}")


def order(place, needs, thing=None):
    """No step of the thing was asked before all it needs had ended; none twice in effect; nothing after the closing."""
    rows = place.rows("SELECT e.case_id, e.version, e.kind, e.step, e.data::json ->> 'attempt' AS attempt FROM event e JOIN case_ c ON "
                      "c.id = e.case_id WHERE e.kind IN ('step_asked', 'step_ended', 'case_closed') "
                      + (f"AND c.thing = '{thing}' " if thing else "") + "ORDER BY e.case_id, e.version")
    ended, asked, closed = collections.defaultdict(set), set(), set()
    for row in rows:
        case, step = row["case_id"], row["step"]
        if row["kind"] == "case_closed":
            assert case not in closed, f"{case} closed twice"
            closed.add(case)
        elif row["kind"] == "step_ended":
            assert step not in ended[case], f"{step} of {case} ended twice"
            ended[case].add(step)
        else:
            key = (case, step, row["attempt"])
            assert key not in asked, f"{key} was asked twice in the journal"
            asked.add(key)
            missing = [n for n in needs.get(step, []) if n not in ended[case]]
            assert not missing, f"{step} of {case} was asked before {missing} had ended"


def topics(place, departments):
    """Every copy of a message is the same bytes, on the partition of its key; every task stands in the journal.

    Gives {task id: number of copies}."""
    settled(place)
    copies, bytes_of, partition_of = collections.Counter(), {}, {}
    for messages in place.hand.all_of([place.topic(d, "task") for d in departments]):
        for message in messages:
            identity = message["headers"]["ce_id"]
            content = (message["key"], json.dumps(message["header_list"]), message["value"])
            assert bytes_of.setdefault(identity, content) == content, f"{identity} has copies that differ"
            assert partition_of.setdefault(message["key"], message["partition"]) == message["partition"], f"{identity}: another partition"
            copies[identity] += 1
    asked = {r["id"] for r in place.rows(
        "SELECT case_id || ':' || step || CASE WHEN data::json ->> 'index' IS NULL OR (data::json ->> 'index')::int < 0 THEN '' ELSE "
        "'.' || (data::json ->> 'index') END || ':' || (data::json ->> 'attempt') AS id FROM event WHERE kind = 'step_asked'")}
    tasks = {i for i in copies if i.count(":") == 2}
    assert not asked - tasks, f"tasks of the journal that are on no topic: {sorted(asked - tasks)[:5]}"
    assert not tasks - asked, f"tasks on a topic that are not in the journal: {sorted(tasks - asked)[:5]}"
    return copies

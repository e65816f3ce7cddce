#!/usr/bin/env python3
"""What has become of everything that was acknowledged: read from PostgreSQL, the topics, the adapters' stores and the simulated
departments' own records, and compared. Written apart from the daemon and from the other tests: it shares no line with them, knows
tables, topics and files as their readmes describe them, and folds the journal itself.

  checker.py --pg CONNINFO --kafka HOST:PORT --region CODE --given FILE --needs JSON [--store DEPARTMENT=FILE …] [--record …]

--given: a line for each acknowledged submission, its number. --needs: {step: [steps it needs]} of the one thing that ran.
--record DEPARTMENT=KIND=FILE: the record of a simulated department; KIND says which line is its act: taken (rest), answered (table),
or answered_again (exec: a program that is started again may act again, but never differently).

Ends with "N lost, N doubled, N out of order" and 1 when one of them is not zero."""
import argparse
import collections
import hashlib
import json
import sqlite3
import subprocess
import sys

FINAL = {"result", "rejected", "not_accepted", "error", "cancelled"}   # the kinds of an answer that ends a task


class Findings:
    def __init__(self):
        self.of = {"lost": [], "doubled": [], "out of order": []}

    def add(self, kind, text):
        self.of[kind].append(text)

    def lost(self, text):
        self.add("lost", text)

    def doubled(self, text):
        self.add("doubled", text)

    def disorder(self, text):
        self.add("out of order", text)

    def tell(self):
        for kind, texts in self.of.items():
            for text in texts[:8]:
                print(f"  {kind}: {text}")
            if len(texts) > 8:
                print(f"  {kind}: … and {len(texts) - 8} more")
        print(", ".join(f"{len(texts)} {kind}" for kind, texts in self.of.items()))
        return any(self.of.values())


def query(conninfo, sql):
    out = subprocess.run(["psql", conninfo, "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-c",
                          f"SELECT row_to_json(q) FROM ({sql}) q"], capture_output=True, text=True, check=True, timeout=120).stdout
    return [json.loads(line) for line in out.splitlines()]


def consume(bootstrap, topics):
    """{topic: [message]} of everything in the topics; a message is {partition, offset, key, headers, value, id, ts (ms)}."""
    found = {topic: [] for topic in topics}
    for topic in topics:
        out = subprocess.run(["kcat", "-C", "-b", bootstrap, "-t", topic, "-o", "beginning", "-e", "-q", "-J", "-X", "fetch.wait.max.ms=10"],
                             capture_output=True, text=True, check=True, timeout=300).stdout
        for line in out.splitlines():
            raw = json.loads(line)
            names = raw.get("headers") or []
            headers = list(zip(names[::2], names[1::2]))
            found[topic].append({"partition": raw["partition"], "offset": raw["offset"], "key": raw.get("key"), "headers": headers,
                                 "value": raw.get("payload"), "id": dict(headers).get("ce_id"), "ts": raw.get("ts")})
        found[topic].sort(key=lambda m: (m["partition"], m["offset"]))
    return found


# ---- the journal ----

def read_journal(conninfo, findings):
    """Events in the order of their shards, unpacked here; numbers have to be dense."""
    events = []
    for row in query(conninfo, "SELECT shard, seq, case_id, version, events, data FROM journal ORDER BY shard, seq"):
        pack = json.loads(row["data"])
        if len(pack) != row["events"]:
            findings.lost(f"journal {row['shard']}:{row['seq']} says {row['events']} events and has {len(pack)}")
        for nth, one in enumerate(pack):
            events.append({"shard": row["shard"], "seq": row["seq"] + nth, "case": row["case_id"], "version": row["version"] + nth,
                           "kind": one["kind"], "step": one.get("step"), "data": one["data"]})
    return events


def check_numbers(conninfo, events, findings):
    next_seq, next_version = collections.defaultdict(lambda: 1), collections.defaultdict(lambda: 1)
    for event in events:
        for what, counter, key, value in (("shard", next_seq, event["shard"], event["seq"]), ("case", next_version, event["case"], event["version"])):
            if value > counter[key]:
                findings.lost(f"{what} {key}: {value} stands where {counter[key]} was due")
            elif value < counter[key]:
                findings.doubled(f"{what} {key}: {value} stands where {counter[key]} was due")
            counter[key] = value + 1
    for row in query(conninfo, "SELECT shard, next_seq, published_seq FROM shard"):
        if row["next_seq"] != next_seq[row["shard"]]:
            findings.lost(f"shard {row['shard']}: next_seq is {row['next_seq']}, its journal ends before {next_seq[row['shard']]}")
        if row["published_seq"] != row["next_seq"] - 1:
            findings.lost(f"shard {row['shard']}: published up to {row['published_seq']} of {row['next_seq'] - 1}")


def fold(events, needs, findings):
    """Each case as its events tell it: {case: {version, phase, outcome, steps: {step: {state, attempt}}}}."""
    cases, inputs = {}, {}
    for event in events:
        case, step, data = event["case"], event["step"], event["data"]
        if event["kind"] == "case_started":
            if case in cases:
                findings.doubled(f"{case} was started twice")
            cases[case] = {"version": 0, "phase": "running", "outcome": None, "steps": {}, "asked": set()}
        if case not in cases:
            findings.disorder(f"{case} has {event['kind']} before it was started")
            continue
        one = cases[case]
        one["version"] = event["version"]
        if one["phase"] == "closed" and event["kind"] != "answer_recorded":   # a late copy of an answer, without effect
            findings.disorder(f"{case}: {event['kind']} of {step} after its end")
        if event["kind"] == "step_asked":
            ask(one, case, step, data, needs, findings)
        elif event["kind"] == "step_ended":
            if one["steps"].get(step, {}).get("state") not in ("running", "retrying"):
                findings.doubled(f"{case}: {step} ends and is {one['steps'].get(step)}")
            one["steps"][step] = {"state": data["state"], "attempt": one["steps"].get(step, {}).get("attempt", 0)}
            key = (data.get("source"), data.get("id"))
            if None not in key and inputs.setdefault(key, (case, step)) is not None and inputs[key] != (case, step):
                findings.doubled(f"answer {key} ended {inputs[key]} and {case} {step}")
        elif event["kind"] == "retry_set":
            one["steps"][step]["state"] = "retrying"
        elif event["kind"] == "case_closed":
            one["phase"], one["outcome"] = "closed", data["outcome"]
    return cases


def ask(one, case, step, data, needs, findings):
    attempt = data.get("attempt", 0)
    if (step, attempt) in one["asked"]:
        findings.doubled(f"{case}: {step} attempt {attempt} was asked twice")
    one["asked"].add((step, attempt))
    open_ = [n for n in needs.get(step, []) if one["steps"].get(n, {}).get("state") != "granted"]
    if open_:
        findings.disorder(f"{case}: {step} was asked before {open_} were granted")
    one["steps"][step] = {"state": "running", "attempt": attempt}


def check_rows(conninfo, cases, needs, findings):
    """Rows are what the journal says, no more and no less."""
    rows = {r["id"]: r for r in query(conninfo, "SELECT id, phase, outcome, version FROM case_")}
    for case in rows.keys() - cases.keys():
        findings.doubled(f"{case} has a row and no journal")
    for case, one in cases.items():
        row = rows.get(case)
        if row is None or any(row[k] != one[k] for k in ("phase", "outcome", "version")):
            findings.lost(f"{case}: its row says {row}, its journal {[one[k] for k in ('phase', 'outcome', 'version')]}")
    seen = set()
    for row in query(conninfo, "SELECT case_id, step, state, attempt FROM step WHERE index = -1"):
        told = cases.get(row["case_id"], {"steps": {}})["steps"].get(row["step"])
        seen.add((row["case_id"], row["step"]))
        if told is None and row["state"] == "waiting":
            continue
        if told is None or (told["state"], told["attempt"]) != (row["state"], row["attempt"]):
            findings.lost(f"{row['case_id']}: the row of {row['step']} says {row['state']} {row['attempt']}, its journal {told}")
    for case, one in cases.items():
        for step in one["steps"]:
            if (case, step) not in seen:
                findings.lost(f"{case}: {step} has no row")


def check_given(given, cases, findings):
    for number in given:
        if number not in cases:
            findings.lost(f"{number} was acknowledged and is not there")
        elif cases[number]["phase"] != "closed" or cases[number]["outcome"] != "granted":
            findings.lost(f"{number} was acknowledged and is {cases[number]['phase']} {cases[number]['outcome']}")


def check_left_over(conninfo, findings):
    for table, what in (("dead_letter", "code || ' ' || topic"), ("unsent", "topic || ' ' || reason"), ("inbox", "kind || ' ' || root"),
                        ("incident WHERE closed_at IS NULL", "id || ' ' || code")):
        for row in query(conninfo, f"SELECT {what} AS what FROM {table}"):
            findings.lost(f"left over in {table.split()[0]}: {row['what']}")
    for row in query(conninfo, "SELECT inbox_id FROM command_answer WHERE status = 0"):
        findings.lost(f"command {row['inbox_id']} has no answer")


# ---- the topics ----

def tasks_of(events):
    """{task id: (shard, seq, topic's department)} of all that the journal asked departments."""
    return {f"{e['case']}:{e['step']}:{e['data'].get('attempt', 0)}": (e["shard"], e["seq"], e["data"]["department"])
            for e in events if e["kind"] == "step_asked"}


def digest(message, but=()):
    headers = [h for h in message["headers"] if h[0] not in but]
    return hashlib.sha256(json.dumps([message["key"], headers, message["value"]]).encode()).hexdigest()


def check_tasks(topics, region, events, findings):
    """Every task is on its topic, each copy the same bytes, first seen in the journal's order; none that the journal does not know."""
    asked, copies = tasks_of(events), collections.Counter()
    for topic, messages in topics.items():
        if not topic.endswith(".task.v1"):
            continue
        known, last = {}, collections.defaultdict(lambda: (0, "nothing"))
        for message in messages:
            identity = message["id"]
            place = f"at {message['offset']}, written {message['ts']}"
            if identity not in asked or topic != f"{region}.{asked[identity][2].replace('_', '-')}.task.v1":
                findings.doubled(f"{identity} is on {topic} and was never asked there")
                continue
            shard, seq, _ = asked[identity]
            copies[identity] += 1
            if known.setdefault(identity, digest(message)) != digest(message):
                findings.doubled(f"{identity} has copies that differ")
            if message["partition"] != shard:
                findings.disorder(f"{identity} of shard {shard} is on partition {message['partition']}")
            if copies[identity] == 1:
                if seq < last[shard][0]:
                    findings.disorder(f"{identity} (shard {shard}, {seq}) first appears {place}, behind {last[shard][0]} {last[shard][1]}")
                last[shard] = max(last[shard], (seq, place))
    for identity in asked.keys() - copies.keys():
        findings.lost(f"task {identity} is on no topic")
    return copies


def check_results(topics, asked, findings):
    """One final answer a task, each copy the same; every one of them has its event."""
    final = {}
    for topic, messages in topics.items():
        if not topic.endswith(".result.v1"):
            continue
        known = {}
        for message in messages:
            headers = dict(message["headers"])
            if known.setdefault(message["id"], digest(message)) != digest(message):
                findings.doubled(f"answer {message['id']} has copies that differ")
            if headers.get("ce_type") in FINAL:
                final.setdefault(f"{headers['ce_caseid']}:{headers['ce_step']}:{headers['ce_attempt']}", set()).add(message["id"])
    for task, answers in final.items():
        if len(answers) > 1:
            findings.doubled(f"{task} has the final answers {sorted(answers)}")
        if task not in asked:
            findings.doubled(f"{task} was answered and never asked")
    for task in asked.keys() - final.keys():
        findings.lost(f"{task} has no answer on its topic")


def check_offsets(conninfo, topics, findings):
    """Everything was read to its end, nothing is said to be read that is not there."""
    ends = collections.defaultdict(int)
    for topic, messages in topics.items():
        for message in messages:
            ends[topic, message["partition"]] = max(ends[topic, message["partition"]], message["offset"] + 1)
    next_ = {(r["topic"], r["shard"]): r["next"] for r in query(conninfo, "SELECT topic, shard, next FROM shard_offset")}
    for place, end in ends.items():
        if not place[0].endswith((".result.v1", ".intake.v1")):
            continue
        if next_.get(place, 0) < end:
            findings.lost(f"{place[0]}@{place[1]} was read to {next_.get(place, 0)} of {end}")
        elif next_[place] > end:
            findings.lost(f"{place[0]}@{place[1]}: the offset {next_[place]} is past its end {end}")


# ---- departments ----

def check_stores(stores, asked, findings):
    """An adapter's own store: each task once, ended, one final answer, and that acknowledged."""
    for department, path in stores.items():
        database = sqlite3.connect(path)
        tasks = {i: s for i, s in database.execute("SELECT id, state FROM task WHERE type = 'task'")}
        for task in (t for t, (_, _, d) in asked.items() if d == department):
            if tasks.get(task) != 2:
                findings.lost(f"the adapter of {department} has {task} in state {tasks.get(task)}")
        for task in tasks.keys() - asked.keys():
            findings.doubled(f"the adapter of {department} has {task}, which was never asked")
        for (task,) in database.execute("SELECT task_id FROM answer WHERE acknowledged = 0"):
            findings.lost(f"the adapter of {department} keeps an answer to {task} that no broker has")
        for task, count in database.execute("SELECT task_id, count(*) FROM answer WHERE kind IN (2, 7, 8, 9, 11) GROUP BY task_id "
                                            "HAVING count(*) > 1"):   # not_accepted, result, rejected, cancelled, error
            findings.doubled(f"the adapter of {department} has {count} final answers to {task}")
        for topic, partition, offset, reason in database.execute("SELECT topic, partition, offset_, reason FROM refused"):
            findings.lost(f"the adapter of {department} refused {topic}@{partition}:{offset}: {reason}")
        database.close()


def check_records(records, asked, findings):
    """What a department's own system says it did: each task once."""
    for department, kind, path in records:
        acts = collections.defaultdict(list)
        with open(path, encoding="utf-8") as file:
            for line in file:
                row = json.loads(line)
                if row["what"] == kind.removesuffix("_again"):
                    acts[row["task"]].append(json.dumps(row.get("data"), sort_keys=True))
        for task in (t for t, (_, _, d) in asked.items() if d == department):
            if task not in acts:
                findings.lost(f"{department} never worked on {task}")
        for task, done in acts.items():
            if task not in asked:
                findings.doubled(f"{department} worked on {task}, which was never asked")
            if len(set(done)) > 1 or (len(done) > 1 and not kind.endswith("_again")):
                findings.doubled(f"{department} worked on {task} {len(done)} times")


def main():
    parser = argparse.ArgumentParser()
    for name in ("--pg", "--kafka", "--region", "--given", "--needs"):
        parser.add_argument(name, required=True)
    parser.add_argument("--store", action="append", default=[])
    parser.add_argument("--record", action="append", default=[])
    options = parser.parse_args()
    findings, needs = Findings(), json.loads(options.needs)
    with open(options.given, encoding="utf-8") as file:
        given = set(file.read().split())
    events = read_journal(options.pg, findings)
    check_numbers(options.pg, events, findings)
    cases = fold(events, needs, findings)
    check_rows(options.pg, cases, needs, findings)
    check_given(given, cases, findings)
    check_left_over(options.pg, findings)
    asked = tasks_of(events)
    departments = {d for _, _, d in asked.values()} | {s.split("=")[0] for s in options.store}
    names = [f"{options.region}.{d.replace('_', '-')}.{what}.v1" for d in sorted(departments) for what in ("task", "result")]
    topics = consume(options.kafka, names + [f"{options.region}.intake.v1"])
    copies = check_tasks(topics, options.region, events, findings)
    check_results(topics, asked, findings)
    check_offsets(options.pg, topics, findings)
    check_stores(dict(s.split("=", 1) for s in options.store), asked, findings)
    check_records([r.split("=", 2) for r in options.record], asked, findings)
    print(f"{len(given)} acknowledged, {len(cases)} cases, {len(events)} events, {len(asked)} tasks, "
          f"{sum(copies.values()) - len(copies)} of them sent again")
    sys.exit(1 if findings.tell() else 0)


if __name__ == "__main__":
    main()

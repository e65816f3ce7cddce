"""The fault run itself (run.sh starts it): load runs, one fault after the other is drawn from the seed, at the end everything is put
right, the load ends, every case has to, and the checker, which is apart, has the word."""
import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import threading
import time
import traceback

from setting import DIAMOND_NEEDS, HERE, Load, Setting
from base import until
from place import other_database, psql
from faults import KINDS, Harm, counted_from, lane, need, weight

# Seconds from a daemon's death to flow again that have to be kept (median and most), with the daemon's settings as shipped.
LIMITS = {"daemon_restarted": 2.0, "daemon_lost": 6.0}


def whole(text):
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{number} is less than nothing")
    return number


def check(setting, given, database=None, stores=None):
    """The checker's exit status and what it said."""
    conninfo = setting.place.conninfo if database is None else setting.place.conninfo.replace(setting.place.database, database)
    command = [sys.executable, f"{HERE}/checker.py", "--pg", conninfo, "--kafka", setting.kafka.bootstrap, "--region", setting.place.region,
               "--given", given, "--needs", json.dumps(DIAMOND_NEEDS)]
    for department, path in (stores or setting.stores).items():
        command += ["--store", f"{department}={path}"]
    for record in setting.records:
        command += ["--record", record]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900)
    return done.returncode, done.stdout + done.stderr


def settle(setting, numbers, seconds):
    """Everything has been put right: now all ends."""
    def open_cases():
        return int(setting.place.sql("SELECT count(*) FROM case_ WHERE phase <> 'closed'")), int(setting.place.sql("SELECT count(*) FROM inbox"))
    until(lambda: open_cases() == (0, 0), seconds, 0.5, why=lambda: f"{open_cases()} cases and commands are open")
    until(lambda: setting.place.sql("SELECT count(*) FROM shard WHERE published_seq < next_seq - 1") == "0", 120, 0.5,
          why="publications are open")
    assert len(numbers) == len(set(numbers))


def stands(setting):
    """What is open, as rows say it; for a run that failed."""
    said = "\n".join(f"{name} {part.child.process.poll() if part.child else 'never started'}" for name, part in setting.parts.items()
                     if part.child is None or not part.child.lives())
    for sql in ("SELECT * FROM shard ORDER BY shard", "SELECT * FROM shard_offset ORDER BY topic, shard",
                "SELECT s.* FROM step s JOIN case_ c ON c.id = s.case_id WHERE c.phase <> 'closed' AND s.state NOT IN ('granted', 'waiting') LIMIT 8",
                "SELECT kind, root, shard FROM inbox LIMIT 5", "SELECT * FROM incident WHERE closed_at IS NULL LIMIT 5",
                "SELECT topic, reason FROM unsent LIMIT 5", "SELECT topic, code, message FROM dead_letter LIMIT 5"):
        rows = subprocess.run(["psql", setting.place.conninfo, "-qXc", "SET statement_timeout = '10s'", "-c", sql], capture_output=True,
                              text=True, check=False, timeout=60)
        said += f"\n{sql}\n{rows.stdout}{rows.stderr}"
    listed = subprocess.run(["kcat", "-L", "-b", setting.kafka.bootstrap, "-m", "10"], capture_output=True, text=True, check=False, timeout=60)
    wanted = [line for line in listed.stdout.splitlines() if "broker" in line or ("isrs:" in line and line.rpartition("isrs: ")[2].count(",") < 2)]
    return said + "\n".join(["brokers, and partitions that lack a replica:", *wanted[:40], listed.stderr[-500:], ""])


def drawn(options, kinds):
    """What will be done, in order: each kind once as far as that goes, then as often as the table says; brokers as often as was asked."""
    if options.only:
        return [options.only] * options.kills
    draw = random.Random(options.seed)
    plan = kinds + draw.choices(kinds, [weight(k) for k in kinds], k=max(0, options.kills - len(kinds)))
    plan = plan[:options.kills]
    draw.shuffle(plan)
    brokers = ["broker_killed", "broker_stopped", "broker_stands_still"]
    others = [i for i, kind in enumerate(plan) if kind not in brokers]
    missing = options.brokers - (len(plan) - len(others))
    for i in draw.sample(others, max(0, min(missing, len(others)))):
        plan[i] = brokers[0]
    return plan


class Faults:
    """The faults of a run, done lane by lane: one after the other, or (--lanes) a daemon's, an adapter's and a server's at a time."""

    def __init__(self, setting, options, load, plan):
        self.setting, self.options, self.load, self.plan = setting, options, load, plan
        self.took, self.begun, self.done, self.failed = {kind: [] for kind in plan}, time.monotonic(), 0, None
        self.lock = threading.Lock()

    def one(self, index, kind):
        harm = Harm(self.setting, random.Random(f"{self.options.seed}/{index}"))
        time.sleep(harm.draw.uniform(0, 0.6))          # the moment of the fault
        seconds = getattr(harm, kind)()
        with self.lock:
            self.took[kind].append(seconds)
            self.done += 1
            print(f"{self.done:5d} {time.monotonic() - self.begun:6.0f} s  {kind:26s} {seconds:6.2f} s  "
                  f"{len(self.load.given)} acknowledged", flush=True)

    def lane(self, faults):
        for index, kind in faults:
            if self.failed or time.monotonic() - self.begun > self.options.seconds:
                return
            try:
                self.one(index, kind)
            except BaseException as failure:
                print(f"{kind} (fault {index} of the plan) failed", flush=True)
                self.failed = self.failed or failure
                return

    def do(self):
        lanes = {}
        for index, kind in enumerate(self.plan):
            lanes.setdefault(lane(kind) if self.options.lanes else None, []).append((index, kind))
        threads = [threading.Thread(target=self.lane, args=(faults,)) for faults in lanes.values()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self.failed:
            raise self.failed

    def tell(self):
        print(f"\n{'fault':26s} {'n':>4s} {'median':>8s} {'most':>8s}   seconds until all shards flow again, from")
        for kind, took in sorted(self.took.items()):
            if took:
                print(f"{kind:26s} {len(took):4d} {statistics.median(took):8.2f} {max(took):8.2f}   {counted_from(kind)}")
        if self.done < len(self.plan):
            print(f"the time was up after {self.done} of {len(self.plan)} faults")


def run(setting, options):
    kinds = [k for k in KINDS if need(k) is None or getattr(setting, need(k))]
    for kind in KINDS:
        if kind not in kinds:
            print(f"      not done here, for want of {need(kind)}: {kind}")
    plan = drawn(options, kinds)
    first = Harm(setting, random.Random(options.seed))
    if setting.own_network:
        first.make_filter()
    load = Load(setting, options.rate, options.rate / 5)
    first.flowed(first.everything())
    faults = Faults(setting, options, load, plan)
    faults.do()
    numbers = load.stop()
    settle(setting, numbers, 300)
    setting.stop_adapters()                        # their stores are theirs alone while they run
    faults.tell()
    print(f"HTTP answers {dict(load.statuses)}; ended by themselves: {len(setting.told)}")
    status, said = check(setting, load.path)
    print(f"{faults.done} faults: {said}", end="")
    late = [k for k, limit in LIMITS.items() if faults.took.get(k) and max(faults.took[k]) > limit]
    for kind in late:
        print(f"too late: {kind}: {max(faults.took[kind]):.2f} s where {LIMITS[kind]} s is the most")
    if status == 0 and options.tamper:
        status = tampered(setting, load)
    return status or (1 if late and options.limits else 0)


# What the checker has to find: changes of a copy of the database, of an adapter's store, of a topic.
TAMPERS = [
    ("a journal row is gone", "lost", "DELETE FROM journal WHERE ctid IN (SELECT ctid FROM journal WHERE tableoid = (SELECT tableoid FROM journal LIMIT 1) LIMIT 1)"),
    ("a pack lies twice", "doubled", "INSERT INTO journal SELECT shard, version + 1000, seq + 100000, at, events, case_id, data FROM journal LIMIT 1"),
    ("a case's row says something else", "lost", "UPDATE case_ SET outcome = 'refused' WHERE id = (SELECT min(id) FROM case_)"),
    ("a step's row is gone", "lost", "DELETE FROM step WHERE (case_id, step) = (SELECT case_id, step FROM step LIMIT 1)"),
    ("a case is gone whole", "lost", "WITH one AS (SELECT min(id) AS id FROM case_), j AS (DELETE FROM journal USING one WHERE case_id = one.id), "
                                     "s AS (DELETE FROM step USING one WHERE case_id = one.id) DELETE FROM case_ USING one WHERE case_.id = one.id"),
    ("an offset went back", "lost", "UPDATE shard_offset SET next = next - 1 WHERE topic LIKE '%result.v1' AND next > 0"),
    ("published_seq stands behind", "lost", "UPDATE shard SET published_seq = published_seq - 1"),
    ("a dead letter", "lost", "INSERT INTO dead_letter (shard, topic, partition, \"offset\", at, code, message) VALUES (0, 't', 0, 0, now(), 'x', 'y')"),
    ("a step was asked before its time", "out of order",
     "UPDATE journal SET data = regexp_replace(data, '(\"kind\": *\"step_ended\", *\"step\": *)\"b\"', '\\1\"z\"')"),
]


def tampered(setting, load):
    """The checker is seen to find what is wrong."""
    failed, place = 0, setting.place
    for index, (what, kind, sql) in enumerate(TAMPERS):
        copy = f"{place.database}_{index}"
        psql(place.server, f"CREATE DATABASE {copy}")
        dump = subprocess.run(f"pg_dump '{place.conninfo}' | psql '{other_database(place.server, copy)}' -qX", shell=True, capture_output=True)
        assert dump.returncode == 0, dump.stderr
        psql(other_database(place.server, copy), sql)
        failed += not found(setting, load, what, kind, database=copy)
    stores = dict(setting.stores, a=f"{place.folder}/tampered.sqlite")
    shutil.copy(setting.stores["a"], stores["a"])
    subprocess.run([sys.executable, "-c", "import sqlite3, sys; d = sqlite3.connect(sys.argv[1]); d.execute('DELETE FROM task WHERE rowid = 1'); "
                    "d.commit()", stores["a"]], check=True)
    failed += not found(setting, load, "an adapter forgot a task", "lost", stores=stores)
    with open(setting.records[0].split("=", 2)[2], "a+", encoding="utf-8") as file:
        file.seek(0)
        file.write(file.readline())
    failed += not found(setting, load, "a department worked twice", "doubled")
    task = f"{load.given[0]}:a:1"
    subprocess.run(["kcat", "-P", "-b", setting.kafka.bootstrap, "-t", place.topic("a", "task"), "-q", "-k", load.given[0], "-X",
                    "partitioner=murmur2_random", "-H", f"ce_id={task}"], input="{}", text=True, check=True)
    failed += not found(setting, load, "a copy of a task has other bytes", "doubled")
    with open(load.path, "a", encoding="utf-8") as file:
        file.write("H-999999\n")
    failed += not found(setting, load, "an acknowledged application is not there", "lost")
    return 1 if failed else 0


def found(setting, load, what, kind, **more):
    status, said = check(setting, load.path, **more)
    fine = status == 1 and f"  {kind}: " in said
    print(f"{'found' if fine else 'NOT FOUND'}: {what}" + ("" if fine else f"\n{said}"))
    return fine


def main():
    parser = argparse.ArgumentParser(
        prog="run.sh",
        description="Faults on real parts: three Kafka nodes, PostgreSQL, three daemons and four adapters under load. Faults are drawn "
        "from a seed; at the end a checker that is written apart counts what was lost, doubled and out of order. Ends with 0 when "
        "that is nothing, 1 when it is something, 77 when a program is missing.",
        epilog="--long stands for --kills 1000 --brokers 50 --rate 8. As root it runs in a network of its own; otherwise no connection "
        "is cut and no disk is filled, and it says so.")
    parser.add_argument("--kills", type=whole, default=60, metavar="N", help="so many faults (60), about six seconds each")
    parser.add_argument("--seed", type=whole, default=1, metavar="S", help="draws the faults (1)")
    parser.add_argument("--rate", type=float, default=20, metavar="R", help="applications a second over HTTP (20), each of four tasks")
    parser.add_argument("--brokers", type=whole, default=0, metavar="N", help="so many of the faults are a broker's at least")
    parser.add_argument("--only", choices=list(KINDS), metavar="KIND", help="faults of this kind alone: %(choices)s")
    parser.add_argument("--lanes", action="store_true", help="a daemon's, an adapter's and a server's fault at the same time")
    parser.add_argument("--seconds", type=float, default=float("inf"), metavar="T", help="no further fault after so long; how many were done is said")
    parser.add_argument("--tamper", action="store_true", help="with --kills 0: the checker is shown what it has to find")
    parser.add_argument("--limits", action="store_true", help="a daemon's work that stands still for too long is a failure too")
    parser.add_argument("--small-disk", help=argparse.SUPPRESS)      # run.sh gives these two
    parser.add_argument("--own-network", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    print(f"seed {options.seed}, {options.kills} faults", flush=True)
    setting, status, why = None, 1, ""
    try:
        setting = Setting(options.small_disk, options.own_network)
        status = run(setting, options)
    except BaseException:
        why = f"{traceback.format_exc()}{stands(setting) if setting else ''}failed; again with --seed {options.seed}\n"
    finally:
        if setting:
            setting.end(status != 0)
    print(why, end="", flush=True)                 # behind the logs: who reads only the end of it reads this
    os._exit(status)


if __name__ == "__main__":
    main()

"""The kinds of fault, one function each: what is broken, how long, and what of the flow it stops. A function does the harm, waits until
the flow is there again, puts everything right, and gives the seconds from the moment that its table row names."""
import os
import signal
import subprocess
import time

from base import until
from setting import DAEMONS, DEPARTMENTS, PARTITIONS

SECONDS = int(os.environ.get("YJS_FAULT_PATIENCE", "90"))   # longer than this without flow is a failure
TTL = 4.0             # a daemon's member row counts for so long (cluster.member_ttl)


class Harm:
    """One fault's hand; what it draws is its own, so that faults under way at the same time do not change each other's."""

    def __init__(self, setting, draw):
        self.setting, self.draw, self.watch, self.parts = setting, draw, setting.watch, setting.parts

    def everything(self):
        return range(PARTITIONS)

    def victim(self):
        """A daemon that has shards, and which."""
        until(lambda: any(self.watch.shards_of(d) for d in DAEMONS), SECONDS, why="no daemon has a shard")
        owners = [d for d in DAEMONS if self.watch.shards_of(d)]
        name = self.draw.choice(owners)
        return name, self.watch.shards_of(name)

    def flowed(self, shards, new_owner=False, through_broker=False):
        took = self.watch.flow(shards, new_owner, through_broker, SECONDS)
        assert took is not None, f"nothing flows in {sorted(shards)} after {SECONDS} s: {self.watch.now}"
        return took

    # ---- daemons ----

    def daemon_restarted(self):
        name, shards = self.victim()
        self.parts[name].kill9()
        self.parts[name].start()
        return self.flowed(shards, True)

    def daemon_lost(self):
        name, shards = self.victim()
        self.parts[name].kill9()
        took = self.flowed(shards, True)
        self.parts[name].start()
        return took

    def daemon_stopped(self):
        name, shards = self.victim()
        self.parts[name].signal(signal.SIGSTOP)
        begun = time.monotonic()
        try:
            took = self.flowed(shards, True)
            time.sleep(max(0, begun + TTL + self.draw.uniform(0.5, 3) - time.monotonic()))
        finally:
            self.parts[name].signal(signal.SIGCONT)
        self.flowed(self.everything())
        return took

    # ---- adapters ----

    def adapter_killed(self):
        part = self.parts[f"adapter-{self.draw.choice(DEPARTMENTS)}"]
        part.kill9()
        part.start()
        return self.flowed(self.everything())

    def adapter_stopped(self):
        part = self.parts[f"adapter-{self.draw.choice(DEPARTMENTS)}"]
        part.signal(signal.SIGSTOP)
        time.sleep(self.draw.uniform(1, 4))
        part.signal(signal.SIGCONT)
        return self.flowed(self.everything())

    # ---- servers ----

    def postgres_killed(self):
        self.setting.postgres.kill9()
        time.sleep(self.draw.uniform(0, 2))
        self.setting.postgres.back()
        return self.flowed(self.everything())      # the daemons may have taken their shards again already

    def broker_killed(self):
        node = self.draw.randint(1, 3)
        self.setting.kafka.kill9(node)
        took = self.flowed(self.everything(), through_broker=True)
        time.sleep(self.draw.uniform(0, 2))
        self.setting.kafka.back(node)
        self.in_sync()
        return took

    def broker_stopped(self):
        node = self.draw.randint(1, 3)
        self.setting.kafka.signal(signal.SIGSTOP, node)
        time.sleep(self.draw.uniform(2, 6))
        self.setting.kafka.signal(signal.SIGCONT, node)
        took = self.flowed(self.everything(), through_broker=True)
        self.in_sync()
        return took

    def broker_stands_still(self):
        """For so long that the others leave it: its connections stand all the while, and the flow goes on without it."""
        node = self.draw.randint(1, 3)
        self.setting.kafka.signal(signal.SIGSTOP, node)
        try:
            return self.flowed(self.everything(), through_broker=True)
        finally:
            self.setting.kafka.signal(signal.SIGCONT, node)
            self.in_sync()

    def in_sync(self):
        """Two of three replicas have to be there: the next broker is not harmed before this one has caught up."""
        def all_there():
            listed = subprocess.run(["kcat", "-L", "-b", self.setting.kafka.bootstrap], capture_output=True, text=True, timeout=60)
            lines = [line for line in listed.stdout.splitlines() if "isrs:" in line and self.setting.place.region in listed.stdout]
            return lines and all(line.rpartition("isrs: ")[2].count(",") >= 2 for line in lines)
        until(all_there, SECONDS, 0.3, why="the replicas do not catch up")

    # ---- the net: packets of one process's group to one server's ports, both ways ----

    def make_filter(self):
        """Once, in a network namespace of the run's own (run.sh): a chain for each part, to be cut off by."""
        groups = "\n".join(f"meta skgid {part.group} ct mark set {part.group}" for part in self.parts.values())
        chains = "\n".join(f"chain cut_{part.group} {{\ntype filter hook output priority 0;\n}}" for part in self.parts.values())
        self.nft(f"table inet faults {{\nchain marks {{\ntype filter hook output priority -10;\n{groups}\n}}\n{chains}\n}}\n")

    def nft(self, text):
        subprocess.run(["nft", "-f", "-"], input=text, text=True, check=True)

    def cut(self, part, server):
        ports = ",".join(self.setting.ports[server])
        self.nft("".join(f"add rule inet faults cut_{part.group} ct mark {part.group} tcp {side} {{ {ports} }} drop\n"
                         for side in ("dport", "sport")))

    def mend(self, part):
        self.nft(f"flush chain inet faults cut_{part.group}\n")

    def daemon_cut_from_postgres(self):
        name, shards = self.victim()
        self.cut(self.parts[name], "postgres")
        try:
            took = self.flowed(shards, True)
            time.sleep(self.draw.uniform(0, 3))
        finally:
            self.mend(self.parts[name])
        self.flowed(self.everything())
        return took

    def daemon_cut_from_kafka(self):
        name, shards = self.victim()
        self.cut(self.parts[name], "kafka")
        time.sleep(self.draw.uniform(1, 6))
        self.mend(self.parts[name])
        return self.flowed(shards, through_broker=True)

    def adapter_cut_from_kafka(self):
        part = self.parts[f"adapter-{self.draw.choice(DEPARTMENTS)}"]
        self.cut(part, "kafka")
        time.sleep(self.draw.uniform(1, 6))
        self.mend(part)
        return self.flowed(self.everything())

    # ---- disks and clocks ----

    def disk_full(self):
        """PostgreSQL's log and the adapters' stores are on one small disk. PostgreSQL may end of it; then it is started again."""
        ballast = f"{self.setting.small_disk}/ballast"
        file = os.open(ballast, os.O_WRONLY | os.O_CREAT, 0o644)   # nothing is buffered, so nothing is left over to fail at its end
        try:
            while True:
                os.write(file, bytes(1 << 16))
        except OSError:
            pass
        os.close(file)
        subprocess.run(["psql", self.setting.place.conninfo, "-qXc", "SELECT pg_switch_wal()"], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=False, timeout=20)
        time.sleep(self.draw.uniform(1, 4))
        os.remove(ballast)
        self.setting.postgres_again()
        return self.flowed(self.everything())

    def clock_jumped(self):
        name = DAEMONS[-1]
        shards = self.watch.shards_of(name) or self.everything()
        self.setting.set_clock(self.draw.choice([3600, -600, 30, -5]))
        took = self.flowed(shards)
        time.sleep(self.draw.uniform(1, 4))
        self.setting.set_clock(0)
        self.flowed(self.everything())
        return took


# kind: (how often of a hundred, in which lane, what it needs, from when its time is counted). Faults of different lanes may be under way
# at the same time, of one lane never.
KINDS = {
    "daemon_restarted": (16, "daemon", None, "kill -9, started again at once under its name"),
    "daemon_lost": (12, "daemon", None, "kill -9, another daemon takes over"),
    "daemon_stopped": (9, "daemon", None, "SIGSTOP for longer than its row counts; it wakes as a zombie"),
    "adapter_killed": (14, "adapter", None, "kill -9, started again"),
    "adapter_stopped": (5, "adapter", None, "the end of a SIGSTOP"),
    "postgres_killed": (9, "server", None, "its return after kill -9 of all its processes"),
    "broker_killed": (9, "server", None, "kill -9 of one of three"),
    "broker_stopped": (4, "server", None, "the end of a SIGSTOP of one of three, 2 to 6 s long"),
    "broker_stands_still": (3, "server", None, "SIGSTOP of one of three, which lasts until all flows without it"),
    "daemon_cut_from_postgres": (6, "daemon", "own_network", "the cut"),
    "daemon_cut_from_kafka": (5, "daemon", "own_network", "the end of the cut"),
    "adapter_cut_from_kafka": (4, "adapter", "own_network", "the end of the cut"),
    "disk_full": (4, "server", "small_disk", "room on the disk of PostgreSQL's log and the adapters' stores"),
    "clock_jumped": (3, "daemon", "clock", "the jump of one daemon's clock: an hour, minutes, seconds, on or back"),
}


def weight(kind): return KINDS[kind][0]
def lane(kind): return KINDS[kind][1]
def need(kind): return KINDS[kind][2]
def counted_from(kind): return KINDS[kind][3]

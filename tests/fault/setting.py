"""What the fault run breaks: three brokers, a PostgreSQL whose log lies on a small disk, daemons, adapters over four drivers with the
systems behind them, each daemon and adapter a process that is started again when it ends; and the applications that keep coming."""
import collections
import http.client
import os
import re
import secrets
import shutil
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "integration", "kit"))
sys.path.insert(0, os.path.join(HERE, "..", "integration", "whole"))
from base import free_port, program, until  # noqa: E402
from place import Place, other_database, psql  # noqa: E402
from servers import OwnKafka, OwnPostgres  # noqa: E402
from simple import DIAMOND, DIAMOND_NEEDS  # noqa: E402, F401: the thing that runs

PARTITIONS = 8
DEPARTMENTS = ["a", "b", "c", "d"]
DAEMONS = ["one", "two", "three"]


class Part:
    """A daemon or an adapter: its process, started again within half a second when it ends by itself, as a service manager would."""

    def __init__(self, setting, name, group, command, env):
        self.setting, self.name, self.group, self.command, self.env = setting, name, group, command, env
        self.wanted, self.child, self.ended_at, self.ends = False, None, 0, 0

    def start(self):
        """In a group of its own, so that a packet filter can tell whose packets are whose."""
        prefix = ["setpriv", f"--regid={self.group}", "--keep-groups"] if os.getuid() == 0 else []
        self.child = self.setting.place.child(self.name, [*prefix, *self.command], self.env)
        self.setting.place.children.remove(self.child)
        self.wanted = True

    def kill9(self):
        self.wanted = False
        self.child.kill9()

    def signal(self, number):
        self.child.signal(number)

    def look(self):
        """Called now and then; gives what to tell when it had ended by itself."""
        if not self.wanted or self.child.lives():
            self.ended_at = 0
            return None
        if self.ended_at == 0:
            self.ended_at = time.monotonic()
            return None
        if time.monotonic() - self.ended_at < 0.5:
            return None
        self.ended_at, status = 0, self.child.process.returncode
        self.ends += 1
        self.start()
        return f"{self.name} had ended by itself ({status}) and was started again"


class Watch:
    """How far each shard's journal has come, asked of PostgreSQL every 20 ms over one session while it answers."""

    def __init__(self, conninfo):
        self.conninfo, self.now, self.stopped = conninfo, {}, False
        self.changed = threading.Condition()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.stopped:
            try:
                self.session()
            except (OSError, ValueError):
                pass
            time.sleep(0.05)

    def session(self):
        psql_ = subprocess.Popen(["psql", self.conninfo, "-X", "-A", "-t", "-q", "-F", " "], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL, text=True)
        try:
            psql_.stdin.write("SET statement_timeout = '2s';\n")
            while not self.stopped:
                psql_.stdin.write("SELECT s.shard, epoch, next_seq, published_seq, (SELECT coalesce(sum(next), 0) FROM shard_offset o "
                                  "WHERE o.shard = s.shard AND topic LIKE '%.result.v1'), owner FROM shard s ORDER BY shard;\n\\echo .\n")
                psql_.stdin.flush()
                rows = {}
                for line in iter(psql_.stdout.readline, ".\n"):
                    if not line:
                        return
                    numbers, owner = line.split()[:5], line.split()[5:]
                    shard, *numbers = (int(number) for number in numbers)
                    rows[shard] = (*numbers, owner[0] if owner else None)
                if len(rows) == PARTITIONS:
                    with self.changed:
                        self.now = rows
                        self.changed.notify_all()
                time.sleep(0.02)
        finally:
            psql_.kill()
            psql_.wait()

    def flow(self, shards, new_owner, through_broker, seconds):
        """Waits until each of the shards flows again, and gives the seconds it took; None: not in that time. It flows when an answer
        was written (with `new_owner`: under a new epoch; with `through_broker`: after a message that was asked for since now has
        been acknowledged)."""
        begun, base, ready, left = time.monotonic(), dict(self.now), {}, set(shards)
        while left:
            for shard in list(left):
                epoch, next_seq, published, answers, _ = self.now[shard]
                if new_owner and epoch == base[shard][0]:
                    continue
                if through_broker and published < base[shard][1]:
                    continue
                if answers > ready.setdefault(shard, answers if new_owner or through_broker else base[shard][3]):
                    left.discard(shard)
            with self.changed:
                self.changed.wait(0.2)
            if left and time.monotonic() - begun > seconds:
                return None
        return time.monotonic() - begun

    def shards_of(self, owner):
        return [shard for shard, row in self.now.items() if row[-1] == owner]


class Setting:
    def __init__(self, small_disk, own_network):
        self.small_disk = small_disk                      # a folder that may be filled; None: no disk is
        self.kafka = OwnKafka(3, "min.insync.replicas=2")
        self.postgres = OwnPostgres()
        self.settle_postgres()
        conninfo = re.sub(r"host=\S+", "host=127.0.0.1", self.postgres.conninfo)
        self.place = Place(DEPARTMENTS, PARTITIONS, self.kafka.bootstrap, conninfo, settings={"YJS_KAFKA_REPLICATION": "3"})
        self.place.publish(DIAMOND)
        self.told, self.parts, self.over = [], {}, False
        self.own_network, self.clock = own_network, None
        self.ports = {"postgres": [self.postgres.port], "kafka": re.findall(r":(\d+)", self.kafka.bootstrap)}
        self.systems()
        self.urls = {}
        for number, name in enumerate(DAEMONS):
            self.daemon(name, 6001 + number)
        for number, name in enumerate(DEPARTMENTS):
            self.adapter(name, 6101 + number)
        for part in self.parts.values():
            part.start()
        threading.Thread(target=self.keep, daemon=True).start()
        if own_network:
            self.reserve_ports()
        self.watch = Watch(self.place.conninfo)
        until(lambda: self.watch.now and all(row[-1] for row in self.watch.now.values()), 60, why="no daemon takes the shards")
        for name in DAEMONS:
            until(lambda: self.is_ready(name), 60, why=lambda: f"{name} is not ready: {self.parts[name].child.log()[-1500:]}")

    def reserve_ports(self):
        """Ports that are listened at are nobody's for a connection of his own: one that is opened while a server is away could have
        its very port, and the server could not come back. (Of this network namespace alone.)"""
        listening = subprocess.run(["ss", "-ltnH"], capture_output=True, text=True, check=True).stdout
        ports = sorted({line.split()[3].rpartition(":")[2] for line in listening.splitlines()} | set(self.ports["kafka"]) |
                       {url.rpartition(":")[2] for url in self.urls.values()}, key=int)
        with open("/proc/sys/net/ipv4/ip_local_reserved_ports", "w", encoding="utf-8") as file:
            file.write(",".join(ports))

    def settle_postgres(self):
        """Its write-ahead log goes to the small disk, with room for a few segments."""
        self.postgres.kill9()
        with open(f"{self.postgres.folder}/data/postgresql.conf", "a", encoding="utf-8") as file:
            file.write("shared_buffers = 128MB\nmax_wal_size = 64MB\nmin_wal_size = 32MB\n")
        if self.small_disk:
            log = f"{self.postgres.folder}/data/pg_wal"
            subprocess.run(["cp", "-a", log, f"{self.small_disk}/pg_wal"], check=True)
            shutil.rmtree(log)
            os.symlink(f"{self.small_disk}/pg_wal", log)
            os.chmod(self.small_disk, 0o755)
        self.postgres.back()

    def systems(self):
        """What stands behind the adapters: an HTTP API, a front-end database, a program. They are the departments' and are left alone."""
        place, self.records = self.place, []
        stores = f"{self.small_disk}/stores" if self.small_disk else place.folder
        os.makedirs(stores, exist_ok=True)
        self.stores = {d: f"{stores}/{d}.sqlite" for d in DEPARTMENTS}
        self.front_database = f"front_{place.database}"
        psql(place.server, f"CREATE DATABASE {self.front_database}")
        front, port, token = other_database(place.server, self.front_database), free_port(), secrets.token_hex(8)
        record = {d: f"{place.folder}/{d}.record" for d in "bcd"}
        place.child("system-b", [program("yjs-sim-rest"), "--port", port, "--token", token, "--record", record["b"], "--latency", "1ms..30ms"])
        place.child("system-c", [program("yjs-sim-table"), "--conninfo", front, "--record", record["c"], "--latency", "1ms..30ms"])
        self.drivers = {
            "a": "{name: simulate, latency: 0ms..30ms}",
            "b": f'{{name: rest, url: "http://127.0.0.1:{port}", token: {token}, mode: immediate, timeout: 5s}}',
            "c": f'{{name: table, conninfo: "{front}", by: flag, poll_every: 50ms, channel: yjs_result}}',
            "d": f'{{name: exec, command: ["{program("yjs-sim-exec")}", --record, "{record["d"]}", --latency, "1ms..30ms"], answer_within: 20s}}'}
        self.records = [f"b=taken={record['b']}", f"c=answered={record['c']}", f"d=answered_again={record['d']}"]

    def daemon(self, name, group):
        port = free_port()
        self.urls[name] = f"http://127.0.0.1:{port}"
        # Brokers that are away for long on a busy machine are no reason to put a message aside for an operator.
        env = dict(self.place.env, YJS_INSTANCE=name, YJS_HTTP_LISTEN=f"127.0.0.1:{port}", YJS_PUBLISH_GIVE_UP="10m")
        jumping = os.path.join(os.environ["YJS_BUILD"], "tests/fault/jumping_clock.so")
        if name == DAEMONS[-1] and os.path.exists(jumping):
            self.clock = f"{self.place.folder}/clock"
            self.set_clock(0)
            env.update(LD_PRELOAD=jumping, YJS_CLOCK=self.clock)
        os.makedirs(f"{self.place.folder}/state-{name}", exist_ok=True)
        env["YJS_STATE"] = f"{self.place.folder}/state-{name}"
        self.parts[name] = Part(self, name, group, [program("yjsd"), "--config", env["YJS_CONFIG"]], env)

    def adapter(self, department, group):
        place = self.place
        path = place.write(f"config/adapter-{department}.yaml", f'''kafka: {{bootstrap: "{self.kafka.bootstrap}"}}
region: "{place.region}"
department: {department}
store: {self.stores[department]}
keep: tasks
retry: {{first: 100ms, most: 2s, attempts: 1000}}
breaker: {{failures: 20, open: 500ms}}
driver: {self.drivers[department]}
''')
        self.parts[f"adapter-{department}"] = Part(self, f"adapter-{department}", group, [program("yjs-adapter"), "--config", path], place.env)

    def keep(self):
        while not self.over:
            for part in self.parts.values():
                said = part.look()
                if said:
                    self.told.append(said)
                    print(f"      {said}", flush=True)
            time.sleep(0.1)

    def postgres_again(self):
        """Started again when it has ended, as a service manager would."""
        if psql(self.postgres.conninfo, "SELECT 1", check=False) != "1":
            try:
                self.postgres.kill9()
            except (FileNotFoundError, ProcessLookupError):
                pass
            self.postgres.back()

    def set_clock(self, seconds):
        """In place: the daemon has the file in its memory."""
        file = os.open(self.clock, os.O_WRONLY | os.O_CREAT, 0o644)
        os.pwrite(file, seconds.to_bytes(8, sys.byteorder, signed=True), 0)
        os.close(file)

    def is_ready(self, name):
        connection = http.client.HTTPConnection(self.urls[name].removeprefix("http://"), timeout=2)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def stop_adapters(self):
        for name in DEPARTMENTS:
            part = self.parts[f"adapter-{name}"]
            part.wanted = False
            part.child.stop()

    def end(self, failed):
        self.over = self.watch.stopped = True
        for part in self.parts.values():
            part.wanted = False
            part.child.end()
            if failed:
                told = "\n".join(line for line in part.child.log().splitlines() if "a request was answered" not in line)
                print(f"---- {part.name} ----\n{told[-2500:]}")
        if failed and os.environ.get("YJS_KEEP"):        # beside the logs, which Place keeps then
            shutil.copytree(self.kafka.folder, f"{self.place.folder}/kafka")
            subprocess.run(f"pg_dump '{self.place.conninfo}' > {self.place.folder}/dump.sql", shell=True, check=False)
            print(f"kept: {self.place.folder}")
        self.place.end(failed)
        self.kafka.end()


class Load:
    """Applications over HTTP, each sent again (to another daemon) until it is acknowledged, and on the intake topic, each sent again
    until the brokers have it; what was acknowledged is written down."""

    def __init__(self, setting, rate, topic_rate):
        self.setting, self.given, self.statuses = setting, [], collections.Counter()
        self.lock, self.enough, self.path = threading.Lock(), threading.Event(), f"{setting.place.folder}/given"
        self.token = setting.place.token("window")
        self.next = 0
        self.threads = [threading.Thread(target=self.http, args=(rate / 6,), daemon=True) for _ in range(6)]
        self.threads.append(threading.Thread(target=self.topic, args=(topic_rate,), daemon=True))
        for thread in self.threads:
            thread.start()

    def number(self, prefix):
        with self.lock:
            self.next += 1
            return f"{prefix}-{self.next:06d}", self.next

    def acknowledged(self, number):
        with self.lock:
            self.given.append(number)

    def http(self, rate):
        begun, sent = time.monotonic(), 0
        while not self.enough.is_set():
            number, tries = self.number("H")
            while True:
                try:
                    reply = self.setting.place.submit("diamond", {"x": 1}, number, wait=0, token=self.token, timeout=3,
                                                      headers={"Idempotency-Key": number}, url=self.setting.urls[DAEMONS[tries % 3]])
                    status = reply.status
                except (OSError, http.client.HTTPException):
                    status = "none"
                self.statuses[status] += 1
                tries += 1
                if status in (200, 201, 202):
                    self.acknowledged(number)
                    break
                if status != "none" and status < 500:
                    raise AssertionError(f"{number} was refused: {reply}")
                time.sleep(0.1)
            sent += 1
            self.enough.wait(max(0, begun + sent / rate - time.monotonic()))
            if time.monotonic() - begun > sent / rate + 1:
                begun, sent = time.monotonic(), 0       # what was missed is not made up for

    def topic(self, rate):
        place = self.setting.place
        while not self.enough.wait(4 / rate):
            numbers = [self.number("T")[0] for _ in range(4)]
            for number in numbers:
                body = f'{{"thing":"diamond","number":"{number}","region":"{place.region}","form":{{"x":1}}}}'
                headers = {"ce_specversion": "1.0", "ce_id": f"intake-{number}", "ce_source": "/intake", "ce_type": "application",
                           "content-type": "application/json"}
                command = ["kcat", "-P", "-b", place.bootstrap, "-t", f"{place.region}.intake.v1", "-q", "-k", number, "-X", "acks=all",
                           "-X", "message.timeout.ms=15000", "-X", "partitioner=murmur2_random"]
                for name, text in headers.items():
                    command += ["-H", f"{name}={text}"]
                while subprocess.run(command, input=body, text=True, stderr=subprocess.DEVNULL).returncode != 0:
                    self.statuses["intake again"] += 1
                self.acknowledged(number)

    def stop(self):
        self.enough.set()
        for thread in self.threads:
            thread.join(300)
            assert not thread.is_alive(), f"an application is not taken within five minutes: {self.statuses}"
        with open(self.path, "w", encoding="utf-8") as file:
            file.write("\n".join(self.given) + "\n")
        return self.given

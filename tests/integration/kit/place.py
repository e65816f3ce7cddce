"""A place: one installation of yijianshi for a test, with a region, a database, topics and a directory of its own, on the
servers that KAFKA_BOOTSTRAP and YJS_PG name."""
import json
import os
import random
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request

from base import ROOT, Child, free_port, program, reserved, until
from kafka import Department, Hand

PLACES = []
TITLE = '{zh-Hant: 試, zh-Hans: 试, en: "%s"}'


def psql(conninfo, sql, check=True):
    done = subprocess.run(["psql", conninfo, "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql], capture_output=True,
                          text=True, timeout=60)
    if check and done.returncode:
        raise AssertionError(f"psql: {done.stderr.strip()}\n{sql}")
    return done.stdout.strip()


def other_database(conninfo, name):
    return re.sub(r"dbname=\S+", f"dbname={name}", conninfo) if "dbname=" in conninfo else f"{conninfo} dbname={name}"


class Reply:
    def __init__(self, status, text, headers):
        self.status, self.text, self.headers = status, text, headers
        try:
            self.body = json.loads(text)
        except ValueError:
            self.body = None

    def __repr__(self):
        return f"{self.status} {self.text[:600]}"


class Place:
    """departments: names, each one office in the region; a text is the whole departments.yaml with REGION for the code."""

    def __init__(self, departments, partitions=4, bootstrap=None, pg=None, topics=True, settings=None):
        PLACES.append(self)
        self.bootstrap = bootstrap or os.environ["KAFKA_BOOTSTRAP"]
        self.server = pg or os.environ["YJS_PG"]
        self.partitions = partitions
        self.children, self.daemons, self.loads, self.tokens, self.departments = [], [], [], {}, {}
        self.folder = tempfile.mkdtemp(prefix="yjs-whole-")
        os.chmod(self.folder, 0o755)
        self.hand = Hand(self.bootstrap, partitions)
        self.region = self.free_region()
        self.database = f"place_{self.region}_{os.getpid()}"
        psql(self.server, f"CREATE DATABASE {self.database}")
        self.conninfo = other_database(self.server, self.database)
        self.write_config(departments)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.env = dict(os.environ, YJS_DATABASE_URL=self.conninfo, YJS_KAFKA_BOOTSTRAP=self.bootstrap,
                        YJS_KAFKA_PARTITIONS=str(partitions), YJS_STATE=self.folder, YJS_REGION=self.region,
                        YJS_CONFIG=f"{self.folder}/config/orchestrator.yaml", YJS_HTTP_LISTEN=f"127.0.0.1:{port}",
                        YJS_URL=self.url, YJS_INSTANCE="one", **(settings or {}))
        self.ctl("db", "migrate")
        if topics:
            self.ctl("topic", "apply")

    def free_region(self):
        listed = subprocess.run(["kcat", "-L", "-b", self.bootstrap, "-J"], capture_output=True, text=True, timeout=30)
        taken = {t["topic"].split(".")[0] for t in json.loads(listed.stdout)["topics"]} if listed.returncode == 0 else set()
        while True:
            region = self.some_region()
            if region not in taken and reserved(f"region-{region}"):
                return region

    def some_region(self):
        return f"449{random.randrange(1000):03d}"

    def write_config(self, departments):
        config = f"{self.folder}/config"
        os.makedirs(f"{config}/things", exist_ok=True)
        if not os.path.exists(f"{self.folder}/schemas"):
            os.symlink(f"{ROOT}/schemas", f"{self.folder}/schemas")
        if not isinstance(departments, str):
            departments = "departments:\n" + "".join(
                f'  - {{id: {d}, title: {TITLE % d}, offices: [{{region: "REGION"}}]}}\n' for d in departments)
        self.write("config/departments.yaml", departments)
        self.write("config/orchestrator.yaml", 'departments: config/departments.yaml\n')

    def write(self, name, text):
        path = f"{self.folder}/{name}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("REGION", self.region).replace("441300", self.region))
        return path

    def topic(self, department, what):
        return f"{self.region}.{department.replace('_', '-')}.{what}.v1"

    def regions(self):
        """Those whose topics are this place's."""
        return [self.region]

    # ---- yjsctl, psql ----

    def ctl(self, *arguments, check=True, token=None):
        """yjsctl; gives what it printed, or with check=False (status, out, err)."""
        env = dict(self.env)
        if token or self.daemons:
            env["YJS_TOKEN"] = token or self.token("operator")
        done = subprocess.run([program("yjsctl"), *[str(a) for a in arguments]], capture_output=True, text=True, env=env, timeout=120)
        if not check:
            return done.returncode, done.stdout, done.stderr
        assert done.returncode == 0, f"yjsctl {' '.join(map(str, arguments))}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def sql(self, text):
        return psql(self.conninfo, text)

    def rows(self, query):
        """The query's rows, each a dictionary."""
        return json.loads(self.sql(f"SELECT coalesce(json_agg(x), '[]') FROM ({query}) x"))

    def publish(self, thing):
        """A definition: its text with REGION for the code, or a file of config/things."""
        if "\n" not in thing:
            with open(f"{ROOT}/config/things/{thing}.yaml", encoding="utf-8") as file:
                thing = file.read()
        name = re.search(r"^thing: (\w+)", thing, re.M).group(1)
        self.ctl("thing", "publish", self.write(f"config/things/{name}.yaml", thing))
        return name

    def token(self, role, department=None, name=None):
        key = (role, department, name)
        if key not in self.tokens:
            more = ["--department", department] if department else []
            env = dict(self.env)
            done = subprocess.run([program("yjsctl"), "token", "create", "--role", role, "--name", name or f"{role}-{department or 'x'}",
                                   *more, "--json"], capture_output=True, text=True, env=env, timeout=30)
            assert done.returncode == 0, done.stderr
            self.tokens[key] = json.loads(done.stdout)["secret"]
        return self.tokens[key]

    # ---- processes ----

    def child(self, name, command, env=None, **options):
        child = Child(name, command, f"{self.folder}/{name}.log", env or self.env, **options)
        self.children.append(child)
        return child

    def yjsd(self, name="one", wait=True, **settings):
        """Starts a daemon of this name; settings: log_level="debug" is --log-level=debug."""
        env, flags = dict(self.env, YJS_INSTANCE=name), []
        url = self.url
        if name != "one":
            port = free_port()
            url = f"http://127.0.0.1:{port}"
            env["YJS_HTTP_LISTEN"] = f"127.0.0.1:{port}"
        for key, value in settings.items():
            flags.append(f"--{key.replace('_', '-', 1)}={value}")
        daemon = self.child(f"yjsd-{name}", [program("yjsd"), "--config", self.env["YJS_CONFIG"], *flags], env)
        daemon.url = url
        self.daemons.append(daemon)
        if wait:
            self.ready(daemon)
        return daemon

    def is_ready(self, daemon, seconds=2):
        try:
            with urllib.request.urlopen(f"{daemon.url}/readyz", timeout=seconds) as reply:
                return reply.status == 200
        except OSError:
            return False

    def ready(self, daemon, seconds=30):
        def up():
            assert daemon.lives(), f"{daemon.name} ended: {daemon.log()[-2000:]}"
            return self.is_ready(daemon)
        until(up, seconds, why=lambda: f"{daemon.name} is not ready: {daemon.log()[-2000:]}")
        return daemon

    def department(self, name, answer=None):
        self.departments[name] = Department(self, name, answer)
        return self.departments[name]

    def simulated(self, *names, name="adapters", latency="0ms", keep="tasks", **more):
        """yjs-adapter with the driver simulate for these departments, in one process."""
        lines = [f'kafka: {{bootstrap: "{self.bootstrap}"}}', f'region: "{self.region}"', "departments:"]
        for department in names:
            driver = ", ".join(["name: simulate", f"latency: {latency}"] + [f"{k}: {v}" for k, v in more.items()])
            lines += [f"  - department: {department}", f"    store: {self.folder}/{department}.sqlite", f"    keep: {keep}",
                      f"    driver: {{{driver}}}"]
        path = self.write(f"config/{name}.yaml", "\n".join(lines) + "\n")
        return self.child(name, [program("yjs-adapter"), "--config", path])

    # ---- the HTTP API ----

    def api(self, method, path, body=None, token="operator", headers=None, raw=None, url=None, timeout=35):
        """token: a role, a token, or None."""
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        request = urllib.request.Request((url or self.url) + path, method=method, data=data)
        if data is not None:
            request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Authorization", f"Bearer {self.token(token) if len(token) < 20 else token}")
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as reply:
                return Reply(reply.status, reply.read().decode(), reply.headers)
        except urllib.error.HTTPError as error:
            return Reply(error.code, error.read().decode(), error.headers)

    def submit(self, thing, form, number=None, extra=None, wait=10, **options):
        body = {"thing": thing, "form": form, "region": self.region}
        if number:
            body["number"] = number
        if extra:
            body["extra"] = extra
        headers = {"Prefer": f"wait={wait}"} if wait else {}
        headers.update(options.pop("headers", {}))
        return self.api("POST", "/v1/cases", body, headers=headers, **options)

    def start(self, thing, form=None, number=None, extra=None):
        reply = self.submit(thing, form or {}, number, extra)
        assert reply.status == 201, reply
        return reply.body["case"]

    def act(self, case, path, body=None, status=200, **options):
        reply = self.api("POST", f"/v1/cases/{case.replace('/', '%2F')}/{path}", body or {}, headers={"Prefer": "wait=10"}, **options)
        assert reply.status == status, reply
        return reply

    def case(self, case):
        reply = self.api("GET", f"/v1/cases/{case.replace('/', '%2F')}")
        assert reply.status == 200, reply
        return reply.body

    def steps(self, case):
        """State of each step; elements as name.index."""
        return {s["step"] + (f".{s['index']}" if s["index"] >= 0 else ""): s["state"] for s in self.case(case)["steps"]}

    def closed(self, case, outcome=None, seconds=40):
        """Waits for 辦結; gives the case."""
        until(lambda: self.case(case)["phase"] == "closed", seconds, 0.1,
              why=lambda: f"{case} is not closed: {self.steps(case)}, dead letters {self.dead()}")
        body = self.case(case)
        assert outcome is None or body["outcome"] == outcome, (body["outcome"], self.steps(case))
        return body

    def reaches(self, case, step, state, seconds=30):
        until(lambda: self.steps(case).get(step) == state, seconds, 0.05,
              why=lambda: f"{step} is not {state}: {self.steps(case)}, dead letters {self.dead()}")

    def events(self, case, kind=None):
        """The case's journal, data read."""
        rows = self.rows("SELECT version, seq, shard, at, kind, step, data FROM event "
                         f"WHERE case_id = '{case}'" + (f" AND kind = '{kind}'" if kind else "") + " ORDER BY version")
        for row in rows:
            row["data"] = json.loads(row["data"])
        return rows

    def dead(self):
        return [(r["code"], r["topic"]) for r in self.rows("SELECT code, topic FROM dead_letter ORDER BY id")]

    def meters(self, daemon=None):
        """yijianshi_… metrics without labels, by name."""
        with urllib.request.urlopen(f"{(daemon or self.daemons[-1]).url}/metrics", timeout=5) as reply:
            text = reply.read().decode()
        return {m.group(1): float(m.group(2)) for m in re.finditer(r"^(\w+) ([-0-9.e+]+)$", text, re.M)}

    def end(self, failed=False):
        for load in self.loads:
            load.stop()
        for child in reversed(self.children):
            child.end()
        self.hand.end()
        if self.bootstrap == os.environ.get("KAFKA_BOOTSTRAP"):
            self.hand.forget(*self.regions())
        if failed:
            for child in self.children:
                print(f"---- {child.name} ----\n{child.log()[-1500:]}")
        psql(self.server, f"DROP DATABASE IF EXISTS {self.database} WITH (FORCE)", check=False)
        if not failed or not os.environ.get("YJS_KEEP"):
            shutil.rmtree(self.folder, ignore_errors=True)


def end_all(failed):
    for place in PLACES:
        place.end(failed)
    PLACES.clear()
    return failed

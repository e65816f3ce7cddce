"""What every adapter test needs: a broker, an adapter under test, simulators, tasks in and answers out.

The broker is librdkafka's mock cluster in a child process, or a real one when KAFKA_BOOTSTRAP is set.
"""
import collections
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "kit"))
from base import free_port  # noqa: E402,F401

BUILD = os.environ.get("YJS_BUILD", ".")
PARTITIONS = 4


def program(name):
    for folder in ("adapters", "adapters/simulators", "tests/integration/adapters", "."):
        path = os.path.join(BUILD, folder, name)
        if os.path.exists(path):
            return path
    raise SystemExit(f"{name} is not built under {BUILD} (set YJS_BUILD)")


def until(what, seconds=20, every=0.02):
    """Waits until what() is true; gives its value."""
    end = time.monotonic() + seconds
    while True:
        value = what()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {getattr(what, '__doc__', None) or what}")
        time.sleep(every)


class Kit:
    """One region with one department; `with Kit("housing") as kit:`."""

    def __init__(self, department="housing", region=None):
        self.department = department
        self.region = region or f"t{random.randrange(10**9)}"
        name = department.replace("_", "-")
        self.task_topic = f"{self.region}.{name}.task.v1"
        self.result_topic = f"{self.region}.{name}.result.v1"
        self.folder = tempfile.mkdtemp(prefix="yjs-adapter-test-")
        self.children, self.messages, self.serial = [], [], 0
        self.by_task = collections.defaultdict(list)
        self.lock = threading.Lock()

    def __enter__(self):
        self.bootstrap = os.environ.get("KAFKA_BOOTSTRAP")
        topics = [self.task_topic, self.result_topic]
        if self.bootstrap:
            self.make_topics(topics)
        else:
            broker = self.start([program("kafka_probe"), "broker", str(PARTITIONS), *topics],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            self.bootstrap = broker.stdout.readline().strip()
        self.reader = self.start([program("kafka_probe"), "read", self.bootstrap, self.result_topic, str(PARTITIONS)],
                                 stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self.read_answers, daemon=True).start()
        self.producer = self.start([program("kafka_probe"), "produce", self.bootstrap], stdin=subprocess.PIPE, text=True)
        return self

    def make_topics(self, topics):
        subprocess.run([program("kafka_probe"), "topics", self.bootstrap, str(PARTITIONS), *topics], check=True)

    def __exit__(self, *_):
        for child in reversed(self.children):
            if child.poll() is None:
                child.kill()
            child.wait()

    def start(self, command, **options):
        child = subprocess.Popen(command, **options)
        self.children.append(child)
        return child

    def read_answers(self):
        for line in self.reader.stdout:
            message = json.loads(line)
            headers = message["headers"]
            message["data"] = json.loads(message["value"])
            task = headers.get("ce_task") or ":".join((headers["ce_caseid"], headers["ce_step"], headers["ce_attempt"]))
            with self.lock:
                self.messages.append(message)
                self.by_task[task].append(message)

    # ---- the adapter ----

    def config(self, text, name="adapter", properties=""):
        """Writes a configuration; common keys are put in front. `properties`: further ones of Kafka, ", name: value" each."""
        path = os.path.join(self.folder, f"{name}.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"kafka: {{bootstrap: \"{self.bootstrap}\", properties: {{fetch.wait.max.ms: 10{properties}}}}}\n"
                       f"region: \"{self.region}\"\ndepartment: {self.department}\n"
                       f"store: {self.folder}/{name}.sqlite\n" + text)
        return path

    def adapter(self, config, check=True, **options):
        command = [program("yjs-adapter"), "--config", config]
        if check:
            done = subprocess.run(command + ["--check-config"], capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
        log = open(os.path.join(self.folder, "adapter.log"), "a")
        return self.start(command, stderr=log, **options)

    def adapter_with_clock(self, config, **options):
        """(the adapter, a function that sets its wall clock off by so many seconds)."""
        path = os.path.join(self.folder, "clock")

        def set_clock(seconds):
            with open(path, "r+b" if os.path.exists(path) else "wb") as file:
                file.write(seconds.to_bytes(8, sys.byteorder, signed=True))
        set_clock(0)
        env = dict(os.environ, LD_PRELOAD=program("moved_clock.so"), CLOCK_FILE=path)
        return self.adapter(config, env=env, **options), set_clock

    def simulator(self, name, *options):
        log = open(os.path.join(self.folder, f"{name}.log"), "a")
        return self.start([program(name), *[str(o) for o in options]], stderr=log, stdout=log)

    def log(self):
        with open(os.path.join(self.folder, "adapter.log"), encoding="utf-8") as file:
            return file.read()

    def record(self):
        """What the simulator says it did."""
        try:
            with open(os.path.join(self.folder, "record"), encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    # ---- messages ----

    def post(self, kind, identity, data, caseid, step, attempt=1, thing="test", extra=None):
        headers = {"ce_specversion": "1.0", "ce_id": identity, "ce_source": f"/yijianshi/{self.region}", "ce_type": kind,
                   "ce_time": "2026-03-02T01:00:00Z", "ce_caseid": caseid, "ce_thing": thing, "ce_step": step,
                   "ce_attempt": str(attempt), "content-type": "application/json", **(extra or {})}
        number = caseid.split("/")[0]
        self.producer.stdin.write(json.dumps({"topic": self.task_topic, "key": number, "headers": headers, "value": data}) + "\n")
        self.producer.stdin.flush()
        return identity

    def task(self, step="filing", caseid=None, attempt=1, kind="task", identity=None, priority=None, **given):
        self.serial += 1
        caseid = caseid or f"N{self.serial:06d}"
        identity = identity or f"{caseid}:{step}:{attempt}"
        data = {"number": caseid.split("/")[0], "thing": "test", "step": step, "title": {"en": step},
                "department": self.department, "region": self.region, "input": given, "materials": [],
                "reply_to": self.result_topic, **({} if priority is None else {"priority": priority})}
        return self.post(kind, identity, data, caseid, step, attempt)

    def cancel(self, task, reason="withdrawn"):
        caseid, step, attempt = task.split(":")[:3]
        return self.post("cancel", task + ":cancel", {"task": task, "reason": reason}, caseid, step, attempt)

    def correct(self, task, form, n=1):
        caseid, step, attempt = task.split(":")[:3]
        return self.post("correction_answer", f"{task}:{n}", {"task": task, "form": form, "materials": []}, caseid, step, attempt)

    def answers(self, task):
        with self.lock:
            return list(self.by_task[task])

    def kinds(self, task):
        seen, kinds = set(), []
        for m in self.answers(task):
            if m["headers"]["ce_id"] not in seen:
                seen.add(m["headers"]["ce_id"])
                kinds.append(m["headers"]["ce_type"])
        return kinds

    FINAL = {"not_accepted", "result", "rejected", "cancelled", "error"}

    def final(self, task, seconds=20):
        def ended():
            return [m for m in self.answers(task) if m["headers"]["ce_type"] in self.FINAL]
        ended.__doc__ = f"a final answer to {task} (so far {self.kinds(task)})"
        message = until(ended, seconds)[0]
        return message["headers"]["ce_type"], message["data"]

    def all_final(self, tasks, seconds=60):
        def ended():
            return all(any(m["headers"]["ce_type"] in self.FINAL for m in self.answers(t)) for t in tasks)
        ended.__doc__ = f"final answers to {len(tasks)} tasks"
        until(ended, seconds, 0.1)

    def same_id_is_same_bytes(self):
        seen = {}
        for m in self.messages:
            identity = (m["headers"]["ce_source"], m["headers"]["ce_id"])
            content = (m["key"], m["value"], json.dumps(m["headers"], sort_keys=True))
            assert seen.setdefault(identity, content) == content, f"{identity} has two contents"

    def one_final_each(self, tasks):
        for task in tasks:
            finals = {m["headers"]["ce_id"] for m in self.answers(task) if m["headers"]["ce_type"] in self.FINAL}
            assert len(finals) == 1, f"{task} has final answers {finals}"


def http(method, url, body=None, token=None):
    """(status, document)."""
    request = urllib.request.Request(url, method=method, data=None if body is None else json.dumps(body).encode())
    request.add_header("Content-Type", "application/json")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            text, status = reply.read().decode(), reply.status
    except urllib.error.HTTPError as error:
        text, status = error.read().decode(), error.code
    try:
        return status, json.loads(text)
    except ValueError:
        return status, text


def kill9(child):
    child.send_signal(signal.SIGKILL)
    child.wait()


def main(module):
    """Runs every test_… of the module; a name reads as a sentence."""
    failed = 0
    wanted = sys.argv[1:]
    for name, test in list(vars(module).items()):
        if not name.startswith("test_") or (wanted and not any(w in name for w in wanted)):
            continue
        begun = time.monotonic()
        try:
            test()
            print(f"ok    {name} ({time.monotonic() - begun:.1f} s)", flush=True)
        except Exception as error:      # noqa: BLE001: every fault of a test is a failure to be shown
            failed += 1
            import traceback
            traceback.print_exc()
            print(f"FAIL  {name}: {error}", flush=True)
    sys.exit(1 if failed else 0)

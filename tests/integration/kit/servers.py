"""Servers of a test's own, to be killed and brought back: Kafka by kafka.sh, PostgreSQL by pg.sh."""
import os
import re
import signal
import subprocess

from base import ROOT, until
from place import psql

OWNED = []


def runs(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def shipped_timeouts():
    """How soon brokers leave one another, as operators are told to set it (with one node: how soon it may register again)."""
    with open(f"{ROOT}/deploy/kafka/broker.properties", encoding="utf-8") as file:
        found = re.findall(r"^((?:broker\.session\.timeout|broker\.heartbeat\.interval|request\.timeout)\.ms=\d+)$", file.read(), re.M)
    assert len(found) == 3, found
    return " ".join(found)


class OwnKafka:
    def __init__(self, nodes=1, settings=""):
        quick = {"YJS_KAFKA_SETTINGS": f"{shipped_timeouts()} {settings}"}
        done = subprocess.run([f"{ROOT}/tests/lib/kafka.sh", "start", "--nodes", str(nodes), "--parent", str(os.getpid())],
                              capture_output=True, text=True, timeout=180, check=True, env={**os.environ, **quick})
        self.folder = re.search(r"^dir=(.*)$", done.stdout, re.M).group(1)
        self.bootstrap = re.search(r"^bootstrap=(.*)$", done.stdout, re.M).group(1)
        OWNED.append(self)

    def run(self, *arguments):
        subprocess.run([f"{ROOT}/tests/lib/kafka.sh", *arguments], check=True, timeout=120, stdout=subprocess.DEVNULL)

    def kill9(self, node=1):
        self.run("kill", self.folder, str(node))

    def back(self, node=1):
        """Started again. A broker that ends or is not there after a while is ended and started once more, as a service manager would:
        how a broker starts is not what is tried here. What it said is shown."""
        for left in (3, 2, 1, 0):
            try:
                return self.run("resume", self.folder, str(node))
            except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as failure:
                said = subprocess.run(["tail", "-n", "15", f"{self.folder}/{node}/kafka.log"], capture_output=True, text=True, check=False)
                print(f"      broker {node} did not come back ({type(failure).__name__}):\n{said.stdout}", flush=True)
                subprocess.run([f"{ROOT}/tests/lib/kafka.sh", "kill", self.folder, str(node)], check=False, timeout=60, capture_output=True)
                if left == 0:
                    raise

    def signal(self, number, node=1):
        """To a node: SIGSTOP, SIGCONT."""
        with open(f"{self.folder}/{node}/pid", encoding="utf-8") as file:
            os.kill(int(file.read()), number)

    def end(self):
        self.run("stop", self.folder)


class OwnPostgres:
    def __init__(self):
        done = subprocess.run([f"{ROOT}/tests/lib/pg.sh", "--parent", str(os.getpid())], capture_output=True, text=True, timeout=60,
                              check=True)
        self.conninfo = done.stdout.strip()
        self.folder = re.search(r"host=(\S+)", self.conninfo).group(1)
        self.port = re.search(r"port=(\d+)", self.conninfo).group(1)
        with open(f"{self.folder}/data/postmaster.opts", encoding="utf-8") as file:
            self.bin = os.path.dirname(file.read().split()[0])
        OWNED.append(self)

    def kill9(self):
        """The postmaster and every backend, at once."""
        with open(f"{self.folder}/data/postmaster.pid", encoding="utf-8") as file:
            postmaster = int(file.readline())
        with open(f"/proc/{postmaster}/task/{postmaster}/children", encoding="utf-8") as file:
            backends = [int(pid) for pid in file.read().split()]
        for pid in [postmaster, *backends]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        until(lambda: not any(runs(pid) for pid in [postmaster, *backends]), 20, why="PostgreSQL does not end")

    def back(self):
        user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--reset-env"] if os.getuid() == 0 else []
        command = [*user, f"{self.bin}/pg_ctl", "-D", f"{self.folder}/data", "-w", "-t", "60", "-l", f"{self.folder}/server.log",
                   "-o", f"-p {self.port}", "start"]
        # It refuses to start as long as a process of the former life is attached to its memory.
        until(lambda: subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                                     timeout=90).returncode == 0, 60, 0.2, why="PostgreSQL does not start")
        until(lambda: psql(self.conninfo, "SELECT 1", check=False) == "1", 30)

    def end(self):
        pass   # pg.sh's watcher ends it with this process


def end_owned():
    for server in OWNED:
        server.end()
    OWNED.clear()

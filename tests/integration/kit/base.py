"""What all parts of the kit stand on: servers, programs, waiting, child processes, and how a module of tests is run."""
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import traceback

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
BUILD = os.environ.get("YJS_BUILD", os.path.join(ROOT, "build", "release"))
SKIP = 77   # ctest's SKIP_RETURN_CODE


def need_servers():
    """Ends the test as skipped when there is no Kafka or no PostgreSQL; tests/run.sh brings both."""
    missing = [name for name in ("KAFKA_BOOTSTRAP", "YJS_PG") if not os.environ.get(name)]
    missing += [f"the program {name}" for name in ("kcat", "psql") if not shutil.which(name)]
    if missing:
        print(f"skipped: {', '.join(missing)} missing (tests/run.sh starts the servers)")
        sys.exit(SKIP)


def program(name):
    for folder in ("", "adapters", "adapters/simulators", "tests/integration/adapters", "tests/integration/whole"):
        path = os.path.join(BUILD, folder, name)
        if os.path.isfile(path):
            return path
    raise SystemExit(f"{name} is not built under {BUILD} (set YJS_BUILD)")


RESERVED = []


def reserved(name):
    """Whether this process now has the name alone among all tests of this machine, until it ends."""
    hold = socket.socket(socket.AF_UNIX)
    try:
        hold.bind(f"\0yjs-test-{name}")
    except OSError:
        hold.close()
        return False
    RESERVED.append(hold)
    return True


def free_port():
    """Below those that the kernel gives to connections and lib/pg.sh to its servers: nobody has it by chance before a server of ours
    listens, or while one that was killed is started again."""
    while True:
        port = random.randrange(10000, 20000)
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
        if reserved(f"port-{port}"):
            return port


def until(what, seconds=30, every=0.03, why=None):
    """Waits until what() is true and gives its value. `why` is said, or called and said, when it does not come."""
    end = time.monotonic() + seconds
    while True:
        value = what()
        if value:
            return value
        if time.monotonic() > end:
            said = why() if callable(why) else why
            raise AssertionError(f"not within {seconds} s: {said or what.__doc__ or what}")
        time.sleep(every)


def say(text):
    print(f"      {text}", flush=True)


class Child:
    """A process of ours: started with its log, ended by its id."""

    def __init__(self, name, command, log, env=None, **options):
        self.name, self.log_path = name, log
        with open(log, "ab") as out:
            self.process = subprocess.Popen([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                            env=env, **options)
        self.pid = self.process.pid

    def lives(self):
        return self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def kill9(self):
        if self.lives():
            self.process.kill()
        return self.process.wait()

    def stop(self, seconds=20):
        """SIGTERM; gives its exit status."""
        if self.lives():
            self.process.terminate()
        return self.process.wait(seconds)

    def end(self):
        if self.lives():
            self.signal(signal.SIGCONT)
            self.kill9()

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def said(self, word):
        """How many lines of the log have the word."""
        return sum(1 for line in self.log().splitlines() if re.search(rf"\b{re.escape(word)}\b", line))


def main(module, places):
    """Runs every test_… of a module, or those whose names have an argument within; a name reads as a sentence.

    `places(failed)` is called behind each test: ends what it started, and shows the logs when it failed."""
    failed, wanted = 0, [a for a in sys.argv[1:] if not a.startswith("-")]
    for name, test in list(vars(module).items()):
        if not name.startswith("test_") or (wanted and not any(w in name for w in wanted)):
            continue
        begun, fine = time.monotonic(), False
        try:
            test()
            fine = True
            print(f"ok    {name} ({time.monotonic() - begun:.1f} s)", flush=True)
        except BaseException as error:      # noqa: B036: whatever it was, it is a failure to be shown
            failed += 1
            traceback.print_exc()
            print(f"FAIL  {name} ({time.monotonic() - begun:.1f} s): {error}", flush=True)
            if isinstance(error, KeyboardInterrupt):
                break
        finally:
            places(not fine)
    sys.exit(1 if failed else 0)

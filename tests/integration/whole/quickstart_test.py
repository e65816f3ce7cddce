"""deploy/quickstart.sh as its user has it, at a terminal: with the trial broker and with a real Kafka, to its end and with a
Ctrl-C in between. Nothing of it stays."""
import os
import pty
import re
import select
import signal
import sys
import tempfile
import time

import home  # noqa: F401: where the kit is
from base import BUILD, ROOT, main, need_servers, say, until

TRIALS = []


class Trial:
    """The script at a terminal of its own; its place is below a folder of its own."""

    def __init__(self, *options, **environment):
        self.folder = tempfile.mkdtemp(prefix="yjs-quickstart-")
        os.chmod(self.folder, 0o755)     # PostgreSQL runs as another user
        env = {k: v for k, v in os.environ.items() if k != "KAFKA_BOOTSTRAP"}
        env.update(environment, TMPDIR=self.folder, NO_COLOR="1")
        self.text, self.status = "", None
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.execve(f"{ROOT}/deploy/quickstart.sh", ["quickstart.sh", "--programs", BUILD, *options], env)
        TRIALS.append(self)

    def read(self, seconds):
        """Takes in what it prints; False: it has ended."""
        if not select.select([self.terminal], [], [], seconds)[0]:
            return True
        try:
            self.text += os.read(self.terminal, 65536).decode("utf-8", "replace")
            return True
        except OSError:
            self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
            return False

    def until_it_says(self, pattern, seconds=100):
        end = time.monotonic() + seconds
        while not re.search(pattern, self.text):
            assert self.read(0.2) and time.monotonic() < end, f"it does not say {pattern!r}:\n{self.text[-3000:]}"

    def ended(self, seconds):
        """Its exit status; what it started is gone, and its folder."""
        end = time.monotonic() + seconds
        while self.read(0.2):
            assert time.monotonic() < end, f"it does not end:\n{self.text[-3000:]}"
        until(lambda: not self.processes(), 10, why=lambda: f"still there: {self.processes()}")
        assert os.listdir(self.folder) == [], os.listdir(self.folder)
        return self.status

    def ctrl_c(self):
        os.write(self.terminal, b"\x03")
        return time.monotonic()

    def processes(self):
        """Those that name its folder in their arguments or have it in their environment."""
        found, name = [], self.folder.encode()
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as line, open(f"/proc/{pid}/environ", "rb") as env:
                    command = line.read()
                    if int(pid) != os.getpid() and (name in command or name in env.read()):
                        found.append((int(pid), command.replace(b"\0", b" ").decode("utf-8", "replace")))
            except OSError:
                pass
        return found

    def kill(self):
        for pid, _ in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass


def is_whole(text):
    assert len(re.findall(r"(?m)^ *\d+ .* step_ended .*state=granted", text)) >= 12, text
    assert re.search(r"(?m)^ *\d+ .* case_closed +outcome=granted", text), text
    assert re.search(r"hand-offs by nobody +[1-9]", text) and re.search(r"not asked again +[1-9]\d* keyings saved", text), text
    assert re.search(r"代錄 remained +none", text) and re.search(r"closed +buyer\.0 .*办结", text), text



def test_once_ends_by_itself_with_the_case_granted():
    begun = time.monotonic()
    trial = Trial("--once")
    assert trial.ended(100) == 0, trial.text
    is_whole(trial.text)
    say(f"{time.monotonic() - begun:.1f} s")


def test_a_real_kafka_of_the_environment_or_of_the_option_carries_it():
    trial = Trial("--once", KAFKA_BOOTSTRAP=os.environ["KAFKA_BOOTSTRAP"])
    assert trial.ended(100) == 0, trial.text
    is_whole(trial.text)
    trial = Trial("--kafka", os.environ["KAFKA_BOOTSTRAP"], "--seed", "2")
    trial.until_it_says("Everything stays up until Ctrl-C")
    is_whole(trial.text)
    trial.ctrl_c()
    assert trial.ended(60) == 130, trial.text


def test_ctrl_c_ends_it_at_once_wherever_it_is():
    for where, delay in (("4. Trial broker", 0.2), ("5. The dep", 0.1), ("6. The daemon", 0.3), ("流水號 4", 1.5)):
        trial = Trial()
        trial.until_it_says(where)
        end = time.monotonic() + delay
        while time.monotonic() < end:
            trial.read(0.05)
        begun = trial.ctrl_c()
        assert trial.ended(60) == 130, trial.text
        assert "unexpected" not in trial.text and "Traceback" not in trial.text and "trying on" not in trial.text, trial.text
        took = time.monotonic() - begun
        say(f"{where}: {took:.1f} s after Ctrl-C")
        assert took < 15, f"{took:.1f} s after Ctrl-C at {where}"   # it takes three; eight were seen on a machine with forty processes ready


def test_a_part_that_ends_ends_the_trial_and_is_named():
    trial = Trial()
    trial.until_it_says("Everything stays up until Ctrl-C")
    water, = [pid for pid, command in trial.processes() if "departments/water.yaml" in command]
    os.kill(water, signal.SIGKILL)
    assert trial.ended(60) == 1, trial.text
    assert "adapter-water has ended" in trial.text, trial.text


def test_what_it_can_not_use_is_said():
    trial = Trial("--kafka", "127.0.0.1:1")
    assert trial.ended(90) == 1, trial.text
    assert "no broker answers" in trial.text and "Kafka did not come up" in trial.text, trial.text
    for options, words in ((("--kafka",), "--kafka wants a value"), (("--seed=x",), "--seed is a number"), (("-x",), 'unknown argument "-x"')):
        trial = Trial(*options)
        assert trial.ended(60) == 2 and words in trial.text, trial.text


def end(failed):
    while TRIALS:
        TRIALS.pop().kill()


if __name__ == "__main__":
    need_servers()
    main(sys.modules[__name__], end)

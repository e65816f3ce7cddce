"""SIGTERM ends an adapter with 0, at whatever moment of its life and whatever Kafka does: within `drain` and ENDS_WITHIN_S.

The Kafka is a private one (tests/lib/kafka.sh), because it is stopped: librdkafka's mock cluster has no group that waits for it.
"""
import os
import random
import re
import signal
import subprocess
import sys
import time

from kit import Kit, main

SERVERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../lib/kafka.sh")
ENDS_WITHIN_S = 10
DRAIN_S = 2
WORK = f"instance: one\nkeep: tasks\ndrain: {DRAIN_S}s\ndriver: {{name: simulate, latency: 5ms..300ms, accept: true}}\n"


class OwnKafka:
    def __enter__(self):
        told = subprocess.run([SERVERS, "start", "--parent", str(os.getpid())], capture_output=True, text=True, timeout=180, check=True).stdout
        self.folder, bootstrap = (re.search(rf"^{name}=(.*)$", told, re.M).group(1) for name in ("dir", "bootstrap"))
        self.before = os.environ.get("KAFKA_BOOTSTRAP")
        os.environ["KAFKA_BOOTSTRAP"] = bootstrap
        with open(f"{self.folder}/1/pid", encoding="utf-8") as file:
            self.pid = int(file.read())
        return self

    def signal(self, number):
        os.kill(self.pid, number)

    def __exit__(self, *_):
        del os.environ["KAFKA_BOOTSTRAP"]
        if self.before:
            os.environ["KAFKA_BOOTSTRAP"] = self.before
        subprocess.run([SERVERS, "stop", self.folder], check=False)


def told_from_the_first():
    """What is sent before the program blocks it waits for it; without this it would be the system's, and end with -15."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])


def end(kit, adapter, again_after=None):
    begun = time.monotonic()
    adapter.send_signal(signal.SIGTERM)
    if again_after is not None:
        time.sleep(again_after)
        adapter.send_signal(signal.SIGTERM)
    code = adapter.wait(60)
    took = time.monotonic() - begun
    assert code == 0 and took < DRAIN_S + ENDS_WITHIN_S, (code, took, kit.log()[-2000:])


def test_an_end_at_any_moment_of_an_adapters_life_is_a_good_one():
    chance = random.Random(1)
    for assign in ("all", "group"):
        with Kit() as kit:
            path = kit.config(f"assign: {assign}\n" + WORK)
            tasks = []
            for life in range(25):
                tasks += [kit.task() for _ in range(5)]
                adapter = kit.adapter(path, check=life == 0, preexec_fn=told_from_the_first)
                time.sleep(0 if life == 0 else chance.random() ** 2 * 1.5)
                end(kit, adapter, chance.random() * 0.02 if life % 3 == 0 else None)
            kit.adapter(path)
            kit.all_final(tasks)
            kit.one_final_each(tasks)
            kit.same_id_is_same_bytes()


def test_an_end_waits_for_no_kafka_that_stands_still():
    with OwnKafka() as kafka:
        for assign in ("all", "group"):
            with Kit() as kit:
                path = kit.config(f"assign: {assign}\n" + WORK)
                tasks = []
                for _ in range(3):
                    adapter = kit.adapter(path, check=False, preexec_fn=told_from_the_first)
                    tasks += [kit.task() for _ in range(20)]
                    kit.all_final(tasks[-20:])
                    tasks += [kit.task() for _ in range(20)]
                    time.sleep(0.2)
                    kafka.signal(signal.SIGSTOP)
                    try:
                        time.sleep(0.2)
                        end(kit, adapter)
                    finally:
                        kafka.signal(signal.SIGCONT)
                kit.adapter(path)
                kit.all_final(tasks)
                kit.one_final_each(tasks)
                kit.same_id_is_same_bytes()


if __name__ == "__main__":
    main(sys.modules[__name__])

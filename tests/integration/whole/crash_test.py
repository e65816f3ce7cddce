"""kill -9 of the daemon and of adapters, again and again under load: nothing is lost, nothing happens twice."""
import collections
import random
import sys
import time

from simple import DIAMOND, DIAMOND_NEEDS
import check
from base import main, need_servers, program, say, until
from load import Load, all_granted, intake
from place import Place, end_all

DEPARTMENTS = ["a", "b", "c", "d"]


def diamond_place():
    place = Place(DEPARTMENTS)
    place.publish(DIAMOND)
    return place


def sound(place, numbers):
    all_granted(place, numbers)
    check.journal(place)
    check.order(place, DIAMOND_NEEDS)
    copies = check.topics(place, DEPARTMENTS)
    assert len(copies) == 4 * len(numbers), f"{len(copies)} tasks of {len(numbers)} cases"
    assert place.dead() == [], place.dead()
    assert place.rows("SELECT id FROM incident") == []
    return copies


def flows(place, daemon):
    """Waits until this process has applied something."""
    def applied():
        try:
            return any(value > 0 for name, value in place.meters(daemon).items() if "inputs_applied" in name)
        except OSError:
            return False
    until(applied, 20, 0.005, why=lambda: f"nothing flows: {daemon.log()[-1500:]}")


def test_an_adapter_whose_producer_can_not_go_on_makes_it_afresh_and_loses_no_answer():
    place = diamond_place()
    place.env.update(LD_PRELOAD=program("libkafka_fatal.so"), KAFKA_FATAL_MS="700")
    adapters = place.simulated(*DEPARTMENTS, latency="0ms..30ms")
    del place.env["LD_PRELOAD"]
    place.yjsd()
    load = Load(place, "diamond", {"x": 1}, 60, rate=20)
    sound(place, load.done())
    assert adapters.lives() and adapters.said("kafka_fatal") == 6, adapters.log()


def test_a_daemon_killed_twenty_times_under_load_loses_nothing_and_does_nothing_twice():
    place = diamond_place()
    place.simulated(*DEPARTMENTS, latency="0ms..30ms")
    daemon, draw = place.yjsd(), random.Random(4)
    topic_numbers = [f"T-{i:05d}" for i in range(200)]
    load = Load(place, "diamond", {"x": 1}, rate=14)   # to the last kill: each start has something to apply
    restarts = []
    for kill in range(20):
        intake(place, "diamond", {"x": 1}, topic_numbers[kill * 10:kill * 10 + 10])
        flows(place, daemon)
        time.sleep(draw.uniform(0, 0.4))   # not a wait for anything: the moment of the kill
        daemon.kill9()
        begun = time.monotonic()
        daemon = place.yjsd(wait=False)
        flows(place, daemon)
        restarts.append(time.monotonic() - begun)
    numbers = load.done() | set(topic_numbers)
    copies = sound(place, numbers)
    twice = collections.Counter(copies.values())
    restarts.sort()
    say(f"{len(numbers)} cases, 20 kills; from start to the first applied input: median {restarts[10] * 1000:.0f} ms, most "
        f"{restarts[-1] * 1000:.0f} ms; copies of a message: {dict(sorted(twice.items()))}; HTTP {dict(load.statuses)}")
    epochs = place.sql("SELECT min(epoch) FROM shard")
    assert int(epochs) == 21, f"each start takes the shards once: epoch {epochs}"


def test_adapters_killed_under_load_lose_no_task_and_answer_none_twice_in_effect():
    place = diamond_place()
    place.yjsd()
    adapters = {d: place.simulated(d, name=f"adapter-{d}", latency="0ms..50ms") for d in DEPARTMENTS}
    load, draw = Load(place, "diamond", {"x": 1}, 240, rate=60), random.Random(9)
    for kill in range(8):
        department = DEPARTMENTS[kill % 4]
        before = int(place.sql("SELECT count(*) FROM event WHERE kind = 'step_ended'"))
        until(lambda: int(place.sql("SELECT count(*) FROM event WHERE kind = 'step_ended'")) > before or load_is_over(load), 20)
        time.sleep(draw.uniform(0, 0.1))
        adapters[department].kill9()
        adapters[department] = place.simulated(department, name=f"adapter-{department}", latency="0ms..50ms")
    copies = sound(place, load.done())
    assert set(copies.values()) == {1}, "the daemon did not die: it has no reason to send twice"
    results = place.hand.all_of([place.topic(d, "result") for d in DEPARTMENTS])
    bytes_of, repeated = {}, 0
    for message in [m for messages in results for m in messages]:
        identity = message["headers"]["ce_id"]
        content = (message["value"], [h for h in message["header_list"] if h[0] != "ce_time"])
        repeated += identity in bytes_of
        assert bytes_of.setdefault(identity, content) == content, f"{identity} has copies that differ"
    say(f"8 kills, {len(bytes_of)} answers, {repeated} came again, same bytes")


def load_is_over(load):
    return all(one.done() for one in load.left)


if __name__ == "__main__":
    need_servers()
    main(sys.modules[__name__], end_all)

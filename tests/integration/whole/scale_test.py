"""Three daemons share the shards of one Kafka and one PostgreSQL; one is added and one is taken away while applications come. Every
case keeps its order, an answer on a wrong partition is carried to its shard, and who has what, and how much lies before it, shows."""
import sys

from simple import DIAMOND, DIAMOND_NEEDS
import check
from base import main, need_servers, say, until
from daemons_test import DEPARTMENTS, QUICK, shared
from kafka import answer_headers
from load import Load, all_granted
from place import Place, end_all

PARTITIONS = 12


def first_copies_in_order(place):
    """Each partition of a task topic has its tasks, as they first appear, in the order of the journal."""
    seq = {r["id"]: (r["shard"], r["seq"]) for r in place.rows(
        "SELECT case_id || ':' || step || ':' || (data::json ->> 'attempt') AS id, shard, seq FROM event WHERE kind = 'step_asked'")}
    for messages in place.hand.all_of([place.topic(d, "task") for d in DEPARTMENTS]):
        last, seen = {}, set()
        for message in sorted(messages, key=lambda m: (m["partition"], m["offset"])):
            identity = message["headers"]["ce_id"]
            if identity in seen:
                continue
            seen.add(identity)
            shard, number = seq[identity]
            assert shard == message["partition"], identity
            assert number > last.get(shard, 0), f"{identity} ({number}) first appears behind {last[shard]}"
            last[shard] = number


def test_daemons_come_and_go_under_load_and_every_case_keeps_its_order():
    place = Place(DEPARTMENTS, partitions=PARTITIONS)
    place.publish(DIAMOND)
    place.simulated(*DEPARTMENTS, latency="0ms..20ms")
    one, two = place.yjsd("one", **QUICK), place.yjsd("two", **QUICK)
    shared(place, "one", "two")
    load = Load(place, "diamond", {"x": 1}, rate=40, urls=[one.url, two.url])
    until(lambda: len(load.acknowledged) > 40)
    three = place.yjsd("three", **QUICK)                         # added
    shared(place, "one", "two", "three")
    balance = lambda: {d: int(place.meters(d)["yijianshi_shards_owned"]) for d in (one, two, three)}
    until(lambda: set(balance().values()) == {PARTITIONS // 3}, why=balance)
    seen = len(load.acknowledged)
    until(lambda: len(load.acknowledged) > seen + 40)
    assert two.stop() == 0, two.log()                            # taken away in order
    load.urls = [one.url]
    shared(place, "one", "three")
    seen = len(load.acknowledged)
    until(lambda: len(load.acknowledged) > seen + 40)
    three.kill9()                                                # and not in order
    shared(place, "one")
    seen = len(load.acknowledged)
    until(lambda: len(load.acknowledged) > seen + 40)
    numbers = load.done()
    all_granted(place, numbers)
    check.journal(place)
    check.order(place, DIAMOND_NEEDS)
    assert len(check.topics(place, DEPARTMENTS)) == 4 * len(numbers)
    first_copies_in_order(place)
    assert place.dead() == [], place.dead()
    say(f"{len(numbers)} cases")


def test_an_answer_on_a_wrong_partition_is_carried_to_its_shard_whoever_owns_it():
    place = Place(DEPARTMENTS, partitions=PARTITIONS)
    place.publish(DIAMOND)
    place.simulated("b", "c", "d")
    daemons = [place.yjsd(name, **QUICK) for name in ("one", "two", "three")]
    shared(place, "one", "two", "three")
    numbers = [place.start("diamond", {"x": 1}, number=f"W-{i}") for i in range(24)]
    shard_of = {r["id"]: r["shard"] for r in place.rows("SELECT DISTINCT case_id AS id, shard FROM event")}
    for i, number in enumerate(numbers):
        headers = answer_headers(place.region, "a", number, "a", 1, "result")
        place.hand.put_raw(place.topic("a", "result"), b"{\"result\":{}}", headers.items(), number,
                           (shard_of[number] + 1 + i % (PARTITIONS - 1)) % PARTITIONS)
    all_granted(place, numbers)
    check.journal(place)
    check.order(place, DIAMOND_NEEDS)
    carried = sum(place.meters(d)["yijianshi_inputs_forwarded_total"] for d in daemons)
    assert carried == len(numbers), f"{carried} of {len(numbers)} were carried"
    until(lambda: [place.meters(d)["yijianshi_bus_lag"] for d in daemons] == [0, 0, 0], 10,
          why=lambda: [place.meters(d)["yijianshi_bus_lag"] for d in daemons])
    until(lambda: {shard["unread"] for shard in place.api("GET", "/v1/shards").body["items"]} == {0}, 10,
          why=lambda: place.api("GET", "/v1/shards").body["items"])
    listed = place.ctl("shard", "list")
    assert all(f" {name} " in listed for name in ("one", "two", "three")), listed
    say(f"{int(carried)} answers were carried; the first shards as yjsctl shard list has them:\n" + "\n".join(listed.splitlines()[:4]))


if __name__ == "__main__":
    need_servers()
    main(sys.modules[__name__], end_all)

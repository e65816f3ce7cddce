"""One department far behind, or one thing with very many cases, does not delay the others: the same few cases of another thing are
timed before, while the heap lies, and while it is worked off, in one run. With YJS_LONG the heap is 100,000 cases."""
import os
import statistics
import sys
import time

from simple import step, thing
from base import main, need_servers, say, until
from load import all_granted, intake
from place import Place, end_all

HEAP = 100_000 if os.environ.get("YJS_LONG") else 20_000       # cases of the other thing: seconds of work, that nobody may wait for
PATIENCE = 90 + HEAP / 200         # seconds for all of them


def times(place, prefix, count=20):
    """Milliseconds from start to end of `count` cases of the quick thing, one after the other."""
    for i in range(count):
        place.closed(place.start("quick", {"x": 1}, number=f"{prefix}-{i}"), "granted")
    took = [r["ms"] for r in place.rows(f"SELECT extract(epoch FROM closed_at - started_at)::float8 * 1000 AS ms FROM case_ "
                                        f"WHERE id LIKE '{prefix}-%'")]
    assert len(took) == count
    return took


def heap_place():
    place = Place(["a", "b"])
    place.publish(thing("slow", step("a")))
    place.publish(thing("quick", step("b")))
    place.simulated("b")
    place.yjsd()
    times(place, "warm", 5)
    return place


def told(what, took):
    return f"{what} {statistics.median(took):.0f} ms (most {max(took):.0f})"


def test_a_department_far_behind_does_not_delay_another_s_cases():
    place = heap_place()
    before = times(place, "before")
    numbers = [f"S-{i:06d}" for i in range(HEAP)]
    intake(place, "slow", {"x": 1}, numbers)
    until(lambda: place.sql("SELECT count(*) FROM step WHERE step = 'a' AND state = 'running'") == str(HEAP), PATIENCE)
    lying = times(place, "lying")
    place.simulated("a", name="adapter-a")
    until(lambda: place.sql("SELECT 1 FROM case_ WHERE thing = 'slow' AND phase = 'closed' LIMIT 1") == "1", 30, 0.01)
    after = times(place, "after")
    all_granted(place, numbers, PATIENCE)
    say(f"{HEAP} tasks of another department: " + ", ".join([told("before", before), told("while they lie", lying), told("while they are answered", after)]))
    assert statistics.median(lying) < 3 * statistics.median(before) + 20, (before, lying)
    assert statistics.median(after) < 3 * statistics.median(before) + 100, (before, after)


def test_one_thing_with_very_many_cases_does_not_delay_another_s():
    place = heap_place()
    place.simulated("a", name="adapter-a")
    before = times(place, "before")
    numbers = [f"S-{i:06d}" for i in range(HEAP)]
    intake(place, "slow", {"x": 1}, numbers)
    begun = time.monotonic()
    during = []
    while int(place.sql("SELECT count(*) FROM case_ WHERE thing = 'slow' AND phase = 'closed'")) < HEAP:
        during += times(place, f"during{len(during)}", 3)
    took = time.monotonic() - begun
    all_granted(place, numbers, PATIENCE)
    say(f"{HEAP} cases of another thing in {took:.1f} s: " + ", ".join([told("before", before), told(f"meanwhile ({len(during)})", during)]))
    assert statistics.median(during) < 3 * statistics.median(before) + 250, (before, during)


if __name__ == "__main__":
    need_servers()
    main(sys.modules[__name__], end_all)

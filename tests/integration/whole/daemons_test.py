"""Several daemons, and their coming and going: shards are shared, taken over from a killed one, kept from one that was stopped and
wakes; SIGTERM finishes what runs, SIGHUP reads the directory again."""
import signal
import socket
import sys
import time

from simple import DIAMOND, DIAMOND_NEEDS, PERMIT, TITLE, grant, step, thing
import check
from base import main, need_servers, say, until
from load import Load, all_granted
from place import Place, end_all

DEPARTMENTS = ["a", "b", "c", "d"]
QUICK = {"cluster_member_ttl": "1500ms", "cluster_heartbeat": "300ms"}


def diamond_place(**adapters):
    place = Place(DEPARTMENTS)
    place.publish(DIAMOND)
    place.simulated(*DEPARTMENTS, **adapters)
    return place


def owners(place):
    return {r["shard"]: r["owner"] for r in place.rows("SELECT shard, owner FROM shard")}


def shared(place, *names):
    """Waits until these daemons share the shards, and nobody has more than one more than another."""
    def evenly():
        held = [sum(owner == name for owner in owners(place).values()) for name in names]
        return sum(held) == len(owners(place)) and max(held) - min(held) <= 1
    until(evenly, 20, why=lambda: f"shards are {owners(place)}")


def two(place):
    """Two daemons that share the shards."""
    one, other = place.yjsd("one", **QUICK), place.yjsd("two", **QUICK)
    shared(place, "one", "two")
    return one, other


def sound(place, numbers):
    all_granted(place, numbers)
    check.journal(place)
    check.order(place, DIAMOND_NEEDS)
    assert len(check.topics(place, DEPARTMENTS)) == 4 * len(numbers)
    assert place.dead() == [], place.dead()


def test_two_daemons_share_the_shards_and_one_takes_over_when_the_other_is_killed():
    place = diamond_place(latency="0ms..20ms")
    one, other = two(place)
    load = Load(place, "diamond", {"x": 1}, rate=20, urls=[one.url])
    until(lambda: len(load.acknowledged) > 20)
    other.kill9()
    begun = time.monotonic()
    until(lambda: set(owners(place).values()) == {"one"}, 20, 0.02, why=lambda: owners(place))
    took = time.monotonic() - begun
    numbers = load.done()
    sound(place, numbers)
    say(f"{len(numbers)} cases; the killed one's shards were taken {took:.1f} s later (it counts as dead after 1.5 s)")
    back = place.yjsd("two", **QUICK)
    shared(place, "one", "two")
    assert back.lives()


def test_a_daemon_that_was_stopped_and_wakes_writes_nothing_with_its_old_shards():
    place = diamond_place(latency="0ms..20ms")
    one, other = two(place)
    load = Load(place, "diamond", {"x": 1}, rate=20, urls=[one.url])
    until(lambda: len(load.acknowledged) > 20)
    other.signal(signal.SIGSTOP)
    begun = time.monotonic()
    until(lambda: set(owners(place).values()) == {"one"}, 20, 0.02, why=lambda: owners(place))
    took = time.monotonic() - begun
    epochs = {r["shard"]: r["epoch"] for r in place.rows("SELECT shard, epoch FROM shard")}
    before = len(load.acknowledged)
    until(lambda: len(load.acknowledged) > before + 20)
    other.signal(signal.SIGCONT)
    until(lambda: other.said("fenced") or other.said("shards_dropped") or other.said("store_away"), 20, why=lambda: other.log())
    numbers = load.done()
    sound(place, numbers)   # what it wrote or sent again changed nothing
    shared(place, "one", "two")   # and it is a member again, under new epochs
    now = {r["shard"]: r["epoch"] for r in place.rows(f"SELECT shard, epoch FROM shard WHERE owner = 'two'")}
    assert now and all(epoch > epochs[shard] for shard, epoch in now.items()), (epochs, now)
    say(f"{len(numbers)} cases; taken over {took:.1f} s after the stop")


def test_sigterm_finishes_what_runs_and_lets_the_shards_go():
    place = diamond_place(latency="0ms..20ms")
    daemon = place.yjsd()
    load = Load(place, "diamond", {"x": 1}, rate=40)
    until(lambda: len(load.acknowledged) > 30)
    begun = time.monotonic()
    assert daemon.stop() == 0, daemon.log()
    took = time.monotonic() - begun
    assert set(owners(place).values()) == {None}, owners(place)
    assert place.sql("SELECT count(*) FROM shard WHERE published_seq < next_seq - 1") == "0", "it left before all was published"
    assert place.sql("SELECT count(*) FROM shard WHERE NOT clean") == "0"
    assert place.sql("SELECT count(*) FROM member") == "0"
    copies = set(check.topics(place, DEPARTMENTS).values())
    daemon = place.yjsd()
    sound(place, load.done())
    assert copies == {1} and set(check.topics(place, DEPARTMENTS).values()) == {1}, "an orderly stop sends nothing twice"
    say(f"stopped in {took * 1000:.0f} ms")


def test_sighup_takes_a_new_department_into_the_running_daemon():
    place = Place(["alpha", "beta", "gamma"])
    place.publish(PERMIT)
    daemon = place.yjsd()
    place.department("alpha", grant), place.department("beta", grant)
    place.closed(place.start("permit", {"name": "王"}), "granted")
    epochs = place.rows("SELECT shard, epoch FROM shard ORDER BY shard")
    place.write_config(["alpha", "beta", "gamma", "delta"])
    place.ctl("topic", "apply")
    place.publish(thing("newer", step("only", department="delta")))
    daemon.signal(signal.SIGHUP)
    until(lambda: daemon.said("reloaded") or "directory" in daemon.log(), 10, why=lambda: daemon.log())
    place.department("delta", grant)

    def taken():
        reply = place.submit("newer", {})
        return reply.body["case"] if reply.status == 201 else None
    place.closed(until(taken, 15, 0.3), "granted")
    assert place.rows("SELECT shard, epoch FROM shard ORDER BY shard") == epochs, "a reload gives no shard away"
    place.write("config/orchestrator.yaml", "departments: config/departments.yaml\npoll: 300ms\nlog: {level: warn}\n")
    daemon.signal(signal.SIGHUP)
    until(lambda: daemon.said("reload_needs_restart"), 10, why=lambda: daemon.log())
    assert 'settings=poll' in daemon.log(), daemon.log()
    place.write("config/departments.yaml", "departments: [broken")
    daemon.signal(signal.SIGHUP)
    until(lambda: daemon.said("reload_refused"), 10, why=lambda: daemon.log())
    assert "reload_fault" in daemon.log() and "departments.yaml" in daemon.log(), daemon.log()
    place.closed(place.start("permit", {"name": "李"}), "granted")
    assert daemon.lives(), "a directory with a fault ends nothing"


def test_systemd_is_told_when_it_owns_its_shards_and_when_it_stops():
    place = Place(["alpha"])
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(f"{place.folder}/notify")
        systemd.settimeout(20)
        place.env["NOTIFY_SOCKET"] = f"{place.folder}/notify"
        daemon = place.yjsd(wait=False)
        assert systemd.recv(100) == b"READY=1"
        assert place.is_ready(daemon, 20) and place.rows("SELECT count(*) AS n FROM shard WHERE owner = 'one'") == [{"n": place.partitions}]
        daemon.signal(signal.SIGTERM)
        assert systemd.recv(100) == b"STOPPING=1"


if __name__ == "__main__":
    need_servers()
    main(sys.modules[__name__], end_all)

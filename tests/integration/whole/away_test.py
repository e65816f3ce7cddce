"""Broker or database away, at the start or killed under way: the daemon says so once, keeps trying, and goes on by itself.
On a Kafka and a PostgreSQL of this test's own."""
import signal
import socket
import sys
import threading
import time

from simple import DIAMOND, DIAMOND_NEEDS
import check
from base import main, need_servers, say, until
from load import Load, all_granted
from place import Place, end_all
from servers import OwnKafka, OwnPostgres, end_owned

DEPARTMENTS = ["a", "b", "c", "d"]
SERVERS = {}


def diamond_place():
    if not SERVERS:
        SERVERS.update(kafka=OwnKafka(), postgres=OwnPostgres())
    place = Place(DEPARTMENTS, bootstrap=SERVERS["kafka"].bootstrap, pg=SERVERS["postgres"].conninfo)
    place.publish(DIAMOND)
    return place, SERVERS["kafka"], SERVERS["postgres"]


def sound(place, numbers):
    all_granted(place, numbers)
    check.journal(place)
    check.order(place, DIAMOND_NEEDS)
    copies = check.topics(place, DEPARTMENTS)
    assert len(copies) == 4 * len(numbers), f"{len(copies)} tasks of {len(numbers)} cases"
    assert place.dead() == [], place.dead()
    return sum(copies.values()) - len(copies)


def one_case(place):
    numbers = Load(place, "diamond", {"x": 1}, 1, prefix="ONE").done()
    all_granted(place, numbers, 30)
    return numbers


class SlowDoor:
    """Connections to the broker that are let through after a while."""

    def __init__(self, bootstrap, seconds):
        host, port = bootstrap.rsplit(":", 1)
        self.to, self.seconds, self.door = (host, int(port)), seconds, socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.door.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            threading.Thread(target=self.let_through, args=(self.door.accept()[0],), daemon=True).start()

    def let_through(self, client):
        time.sleep(self.seconds)
        broker = socket.create_connection(self.to)
        threading.Thread(target=self.carry, args=(client, broker), daemon=True).start()
        self.carry(broker, client)

    @staticmethod
    def carry(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass


def test_a_broker_that_takes_its_time_at_a_start_is_not_called_away():
    place, kafka, _ = diamond_place()
    place.env["YJS_KAFKA_BOOTSTRAP"] = SlowDoor(kafka.bootstrap, 1.7).address
    daemon = place.yjsd()
    for name in DEPARTMENTS:
        place.department(name, lambda task: ("result", {"result": {}}))
    one_case(place)
    log = open(daemon.log_path).read()
    assert "bus_away" not in log, log


def test_a_daemon_that_starts_before_the_database_waits_and_goes_on():
    place, _, postgres = diamond_place()
    place.token("window")
    place.simulated(*DEPARTMENTS)
    postgres.kill9()
    daemon = place.yjsd(wait=False)
    until(lambda: daemon.said("store_away"), 10, why=lambda: daemon.log())
    time.sleep(3)   # long enough for a daemon that says it again with each try
    assert daemon.lives() and daemon.said("store_away") == 1, daemon.log()
    assert not place.is_ready(daemon)
    assert place.api("GET", "/healthz", token=None).status == 200, "alive is not ready"
    postgres.back()
    begun = time.monotonic()
    place.ready(daemon)
    say(f"ready {time.monotonic() - begun:.1f} s after the database")
    sound(place, one_case(place))


def test_a_daemon_that_starts_before_the_broker_waits_and_goes_on():
    place, kafka, _ = diamond_place()
    kafka.kill9()
    daemon = place.yjsd(wait=False)
    until(lambda: daemon.said("bus_away") or place.is_ready(daemon), 20, why=lambda: daemon.log())
    assert not place.is_ready(daemon), "ready, and no broker has ever answered"
    load = Load(place, "diamond", {"x": 1}, 5)   # taken although no broker answers: the journal is the outbox
    until(lambda: len(load.acknowledged) == 5, 20, why=lambda: f"not taken while the broker is away: {load.statuses}")
    time.sleep(3)
    assert daemon.lives() and daemon.said("bus_away") == 1, daemon.log()
    kafka.back()
    begun = time.monotonic()
    place.simulated(*DEPARTMENTS)
    all_granted(place, load.done(), 60)
    say(f"5 cases taken meanwhile are closed {time.monotonic() - begun:.1f} s after the broker's return")
    assert daemon.said("bus_back") == 1, daemon.log()
    sound(place, load.acknowledged)


def test_a_daemon_that_starts_before_both_says_each_once_and_goes_on():
    place, kafka, postgres = diamond_place()
    place.token("window")
    kafka.kill9(), postgres.kill9()
    daemon = place.yjsd(wait=False)
    until(lambda: daemon.said("store_away") and daemon.said("bus_away"), 20, why=lambda: daemon.log())
    assert place.api("GET", "/healthz", token=None).status == 200, "alive is not ready"
    refused = place.submit("diamond", {"x": 1}, token="window", wait=0)
    assert refused.status == 503, refused
    postgres.back()
    until(lambda: daemon.said("store_back"), 20, why=lambda: daemon.log())
    load = Load(place, "diamond", {"x": 1}, 5)   # the database is enough to take applications
    until(lambda: len(load.acknowledged) == 5, 30, why=lambda: f"not taken while only the broker is away: {load.statuses}")
    time.sleep(3)
    kafka.back()
    place.simulated(*DEPARTMENTS)
    all_granted(place, load.done(), 60)
    said = {word: daemon.said(word) for word in ("store_away", "store_back", "bus_away", "bus_back")}
    assert daemon.lives() and set(said.values()) == {1}, (said, daemon.log())
    sound(place, load.acknowledged)


def test_adapters_that_start_before_the_broker_and_see_it_killed_go_on_and_lose_nothing():
    place, kafka, _ = diamond_place()
    kafka.kill9()
    adapters = place.simulated(*DEPARTMENTS, latency="0ms..300ms")
    until(lambda: adapters.said("broker_away") == len(DEPARTMENTS), 20, why=lambda: adapters.log())
    time.sleep(3)
    assert adapters.lives() and adapters.said("broker_away") == len(DEPARTMENTS), f"said more than once: {adapters.log()}"
    kafka.back()
    place.yjsd()
    load = Load(place, "diamond", {"x": 1}, rate=10)
    for _ in range(2):
        before = len(load.acknowledged)
        until(lambda: len(load.acknowledged) > before + 10, 60, why=lambda: load.statuses)
        kafka.kill9()
        time.sleep(2)
        kafka.back()
    numbers = load.done(90)
    again = sound(place, numbers)
    assert adapters.lives() and adapters.said("broker_away") <= 3 * len(DEPARTMENTS), adapters.log()
    kafka.kill9()
    begun = time.monotonic()
    assert adapters.stop(20) == 0, adapters.log()
    say(f"{len(numbers)} cases; {again} messages sent again; SIGTERM without a broker: ended after {time.monotonic() - begun:.1f} s")
    kafka.back()


def test_a_database_killed_under_load_loses_nothing_acknowledged():
    place, _, postgres = diamond_place()
    place.simulated(*DEPARTMENTS, latency="0ms..20ms")
    daemon = place.yjsd()
    load = Load(place, "diamond", {"x": 1}, rate=15)
    waits = []
    for _ in range(3):
        before = len(load.acknowledged)
        until(lambda: len(load.acknowledged) > before + 15, 60, why=lambda: load.statuses)
        said = daemon.said("store_away")
        postgres.kill9()
        until(lambda: daemon.said("store_away") > said, 20, why=lambda: daemon.log())
        postgres.back()
        begun = time.monotonic()
        place.ready(daemon, 60)
        waits.append(time.monotonic() - begun)
    numbers = load.done(90)
    again = sound(place, numbers)
    assert daemon.lives() and 3 <= daemon.said("store_away") <= 4 and daemon.said("store_back") == daemon.said("store_away"), daemon.log()
    say(f"{len(numbers)} cases, 3 kills; ready {', '.join(f'{w:.1f}' for w in waits)} s after the return; {again} messages sent again; "
        f"HTTP {dict(load.statuses)}")


def test_a_broker_stopped_and_killed_under_load_loses_nothing_acknowledged():
    place, kafka, _ = diamond_place()
    place.simulated(*DEPARTMENTS, latency="0ms..20ms")
    daemon = place.yjsd()
    load = Load(place, "diamond", {"x": 1}, rate=10)
    waits = []

    def granted():
        return int(place.sql("SELECT count(*) FROM event WHERE kind = 'step_ended'"))
    for go, come in ((lambda: kafka.signal(signal.SIGSTOP), lambda: kafka.signal(signal.SIGCONT)), (kafka.kill9, kafka.back)):
        before = granted()
        until(lambda: granted() > before + 40, 60, 0.2, why=lambda: load.statuses)
        go()
        until(lambda: place.meters(daemon)["yijianshi_bus_up"] == 0, 30, 0.1, why=lambda: daemon.log())
        come()
        begun, before = time.monotonic(), granted()
        until(lambda: granted() > before + 3, 90, why=lambda: daemon.log())
        waits.append(time.monotonic() - begun)
    numbers = load.done(60)
    again = sound(place, numbers)
    assert daemon.lives() and daemon.said("bus_away") == daemon.said("bus_back") == 2, daemon.log()
    assert set(load.statuses) <= {200, 201, 202}, f"applications are taken while the broker is away: {load.statuses}"
    assert place.rows("SELECT * FROM incident") == [], place.rows("SELECT * FROM incident")
    say(f"{len(numbers)} cases; answers flow {', '.join(f'{w:.1f}' for w in waits)} s after the return; {again} messages sent again")


def end(failed):
    end_all(failed)


if __name__ == "__main__":
    need_servers()
    try:
        main(sys.modules[__name__], end)
    finally:
        end_owned()

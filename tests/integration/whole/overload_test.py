"""Ten times the load that a daemon can take: its memory stays bounded, the API refuses with 503 and Retry-After, who was accepted waits
no longer than what waits before him takes, and everything accepted ends. A minute; with YJS_LONG ten.

The daemon is made slow (few inputs a transaction), so that a few connections are ten times what it can take."""
import collections
import json
import os
import socket
import sys
import threading
import time

from simple import DIAMOND, DIAMOND_NEEDS
import check
from base import main, need_servers, say, until
from load import all_granted
from place import Place, end_all

DEPARTMENTS = ["a", "b", "c", "d"]
SECONDS = 600 if os.environ.get("YJS_LONG") else 60
WAITING = 100                     # http.waiting
MEGABYTES = 64                    # of a daemon; 26 were seen


def reply_of(replies):
    """Status, headers by their names in small letters, and body of the next reply: by hand, as http.client offers 2,400 a second
    at the most, less than ten times what a quick disk takes."""
    status, headers = int(replies.readline().split()[1]), {}
    while line := replies.readline().strip():
        name, _, value = line.partition(b":")
        headers[name.lower()] = value.strip()
    return status, headers, replies.read(int(headers.get(b"content-length", 0)))


class Crowd:
    """Connections that submit as fast as they are answered, and do not wait when they are refused."""

    def __init__(self, place, connections):
        self.place, self.token, self.over = place, place.token("window"), threading.Event()
        self.accepted, self.statuses, self.wrong, self.lock = {}, collections.Counter(), [], threading.Lock()
        host, port = place.url.removeprefix("http://").split(":")
        self.address = host, int(port)
        self.threads = [threading.Thread(target=self.run, args=(n,), daemon=True) for n in range(connections)]
        self.begun = time.monotonic()
        for thread in self.threads:
            thread.start()

    def run(self, which):
        with socket.create_connection(self.address, timeout=20) as connection, connection.makefile("rb") as replies:
            index = 0
            while not self.over.is_set():
                number, index = f"O-{which}-{index}", index + 1
                body = json.dumps({"thing": "diamond", "form": {"x": 1}, "region": self.place.region, "number": number})
                connection.sendall((f"POST /v1/cases HTTP/1.1\r\nHost: {self.address[0]}\r\nAuthorization: Bearer {self.token}\r\n"
                                    f"Content-Type: application/json\r\nIdempotency-Key: {number}\r\n"
                                    f"Content-Length: {len(body)}\r\n\r\n{body}").encode())
                self.take(number, *reply_of(replies))

    def take(self, number, status, headers, text):
        with self.lock:
            self.statuses[status] += 1
            if status in (200, 201, 202):
                self.accepted[number] = time.time()
            elif status != 503 or not headers.get(b"retry-after") or json.loads(text)["code"] != "inbox_full":
                self.wrong.append((status, headers, text[:300]))

    def end(self):
        self.over.set()
        for thread in self.threads:
            thread.join(30)
        return time.monotonic() - self.begun


def resident_megabytes(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1024


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def test_ten_times_the_load_is_refused_and_what_was_accepted_ends_in_bounded_time():
    place = Place(DEPARTMENTS)
    place.publish(DIAMOND)
    place.simulated(*DEPARTMENTS)
    daemon = place.yjsd(batch_inputs=2, http_waiting=WAITING)
    place.closed(place.start("diamond", {"x": 1}), "granted")
    crowd, most = Crowd(place, 8), 0.0
    closed = int(place.sql("SELECT count(*) FROM case_ WHERE phase = 'closed'"))
    while time.monotonic() - crowd.begun < SECONDS:
        most = max(most, resident_megabytes(daemon.pid))
        time.sleep(0.1)
    took = crowd.end()
    capacity = (int(place.sql("SELECT count(*) FROM case_ WHERE phase = 'closed'")) - closed) / took
    offered = sum(crowd.statuses.values()) / took
    all_granted(place, crowd.accepted, seconds=120)
    check.journal(place)
    check.order(place, DIAMOND_NEEDS)
    ends = {r["id"]: r["at"] for r in place.rows("SELECT id, extract(epoch FROM closed_at)::float8 AS at FROM case_ WHERE phase = 'closed'")}
    waited = [ends[number] - at for number, at in crowd.accepted.items()]
    p50, p99 = percentile(waited, 0.5), percentile(waited, 0.99)
    # Those who wait before him, and those who were begun and are with one of four departments, as many each at the most.
    bound = 5 * WAITING / capacity + 5
    say(f"{offered:.0f} applications a second were offered and {capacity:.0f} cases a second ended: {offered / capacity:.1f} times; "
        f"answers {dict(crowd.statuses)}; accepted to closed p50 {p50:.2f} s, p99 {p99:.2f} s (bound {bound:.2f} s); {most:.0f} MB at most")
    assert not crowd.wrong, crowd.wrong[:3]
    assert crowd.statuses[503] > 0 and offered > 10 * capacity, f"no overload: {offered:.0f} offered, {capacity:.0f} taken a second"
    assert most < MEGABYTES, f"{most:.0f} MB"
    assert p99 < bound, f"p99 {p99:.2f} s where {bound:.2f} s is the bound"
    assert place.submit("diamond", {"x": 1}, "O-after").status == 201, "and then all is as before"


if __name__ == "__main__":
    need_servers()
    main(sys.modules[__name__], end_all)

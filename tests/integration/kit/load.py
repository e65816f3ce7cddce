"""Applications that keep coming while things break: over HTTP, each sent again until it is acknowledged; or on the intake
topic."""
import collections
import concurrent.futures
import http.client
import threading
import time

from base import until


class Load:
    """Submits `count` applications over HTTP at most `rate` a second; without a count it goes on until done() is called.
    acknowledged: numbers answered with 201, 200 or 202."""

    def __init__(self, place, thing, form, count=None, rate=50, prefix="L", urls=None, workers=4):
        self.place, self.thing, self.form = place, thing, form
        self.urls = urls or [place.url]
        self.acknowledged, self.statuses, self.refused = set(), collections.Counter(), []
        self.stopped, self.enough = threading.Event(), threading.Event()
        place.loads.append(self)
        self.token = place.token("window")
        self.begun, self.rate = time.monotonic(), rate
        self.pool = concurrent.futures.ThreadPoolExecutor(workers)
        self.left = [self.pool.submit(self.one, i, f"{prefix}-{i:05d}") for i in range(count or 20000)]
        self.endless = count is None

    def one(self, index, number):
        wait = self.begun + index / self.rate - time.monotonic()
        if (wait > 0 and self.enough.wait(wait)) or self.enough.is_set():
            return
        tries = 0
        while not self.stopped.is_set():
            try:
                reply = self.place.submit(self.thing, self.form, number, wait=0, token=self.token, timeout=5,
                                          headers={"Idempotency-Key": number}, url=self.urls[tries % len(self.urls)])
            except (OSError, http.client.HTTPException):
                reply = None
            tries += 1
            self.statuses[reply.status if reply else "no answer"] += 1
            if reply and reply.status in (200, 201, 202):
                self.acknowledged.add(number)
                return
            if reply and reply.status < 500:
                self.refused.append((number, reply))
                return
            self.stopped.wait(0.1)

    def done(self, seconds=60):
        if self.endless:
            self.enough.set()
        done, left = concurrent.futures.wait(self.left, timeout=seconds)
        assert not left, f"{len(left)} applications were not taken within {seconds} s: {self.statuses}"
        for one in done:
            one.result()
        assert not self.refused, self.refused[:3]
        return self.acknowledged

    def stop(self):
        self.enough.set()
        self.stopped.set()
        self.pool.shutdown()


def intake(place, thing, form, numbers):
    """Applications on the intake topic."""
    for number in numbers:
        place.hand.put(f"{place.region}.intake.v1", number,
                       {"ce_specversion": "1.0", "ce_id": f"intake-{number}", "ce_source": "/intake", "ce_type": "application",
                        "content-type": "application/json"}, {"thing": thing, "number": number, "region": place.region, "form": form})


def all_granted(place, numbers, seconds=90):
    """Waits until every case is closed; each has to be granted."""
    wanted = set(numbers)

    def states():
        return {r["id"]: r for r in place.rows("SELECT id, phase, outcome FROM case_ WHERE parent IS NULL")}

    def why():
        now = states()
        open_ = sorted(n for n in wanted if now.get(n, {}).get("phase") != "closed")
        steps = place.rows(f"SELECT step, state, attempt, reason FROM step WHERE case_id = '{open_[0]}'") if open_ else []
        return (f"{len(wanted - set(now))} of {len(wanted)} are not there, {len(open_)} not closed, the first: {open_[:1]} {steps}; "
                f"dead letters {place.dead()[:5]}, shards {place.rows('SELECT shard, owner, next_seq, published_seq FROM shard')}")
    until(lambda: int(place.sql("SELECT count(*) FROM case_ WHERE parent IS NULL AND phase = 'closed'")) >= len(wanted), seconds, 0.2, why)
    now = states()
    missing, others = wanted - set(now), {n: r["outcome"] for n, r in now.items() if n in wanted and r["outcome"] != "granted"}
    assert not missing, f"acknowledged and lost: {sorted(missing)[:5]}"
    assert not others, f"not granted: {list(others.items())[:5]}"

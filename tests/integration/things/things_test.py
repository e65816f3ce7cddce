"""Every shipped thing, end to end: each sample is submitted over HTTP, its departments answer by yjs-adapter, and the case ends as the
same case does on the engine alone."""
import datetime
import sys
import time

from shipped import Shipped, things   # also puts the kit on the path
import check
from base import main, need_servers, say, until
from place import end_all

RUNNING = ("running", "retrying", "cancelling", "waiting")


def ends_of(place, case):
    """The case when it is closed and nothing of it runs any more (a delivery runs after the closing)."""
    body = place.case(case)
    return body if body["phase"] == "closed" and not any(s["state"] in RUNNING for s in body["steps"]) else None


class Rest:
    """Asked again and again: true when nothing has happened since it was asked before, signals sent included, and no department is
    asked for anything. One that is never answers: it is waited for a while, as the broker may have stood still as long."""
    PATIENCE = 20

    def __init__(self, place, cases, sent):
        self.place, self.cases, self.sent, self.last, self.since = place, cases, sent, None, time.monotonic()

    def __call__(self):
        for case, sample in self.cases.items():
            send_signals(self.place, case, sample, self.sent)
        before, self.last = self.last, self.place.sql("SELECT max(seq) FROM event")
        if before != self.last:
            self.since = time.monotonic()
            return False
        asked = int(self.place.sql("SELECT count(*) FROM step WHERE open AND state = 'running' AND kind IN ('task', 'lookup', 'delegated', 'deliver')"))
        return asked == 0 or time.monotonic() - self.since > self.PATIENCE


def follow(place, open_cases, sent=None, seconds=120):
    """Sends the signals that cases wait for, until all have ended; gives {case: body}."""
    ended, sent, give_up = {}, set() if sent is None else sent, time.monotonic() + seconds
    while len(ended) < len(open_cases):
        for case, sample in open_cases.items():
            if case in ended:
                continue
            body = ends_of(place, case)
            if body:
                ended[case] = body
            else:
                send_signals(place, case, sample, sent)
        if time.monotonic() > give_up:
            open_ones = {f"{s.thing.name}.{s.what}": place.steps(c) for c, s in open_cases.items() if c not in ended}
            raise AssertionError(f"not within {seconds} s: {open_ones}, dead letters {place.dead()}")
        time.sleep(0.05)
    return ended


def send_signals(place, case, sample, sent):
    for step, state in place.steps(case).items():
        if state == "running" and step in sample.signing and (case, step) not in sent:
            for signature in sample.signing[step]:
                place.act(case, "signal/signed", {"data": signature})
            sent.add((case, step))
        if state == "running" and step in sample.signals and (case, step) not in sent:
            signal, data = sample.signals[step]
            place.act(case, f"signal/{signal}", {"data": data})
            sent.add((case, step))


def shipped(name):
    return next(t for t in things() if t.name == name)


def name_of(sample):
    return sample.thing.name + ("" if sample.what == "straight" else f" ({sample.what})")


def states_of(body):
    return {s["step"] + (f".{s['index']}" if s["index"] >= 0 else ""): s["state"] for s in body["steps"]}


def took_ms(body):
    """From the start to the closing, by the journal's own moments."""
    begin, end = (datetime.datetime.fromisoformat(body[k].replace("Z", "+00:00")) for k in ("started_at", "closed_at"))
    return (end - begin).total_seconds() * 1000


def differences(sample, body):
    want, have = sample.states(), states_of(body)
    wrong = {k: (have.get(k), v) for k, v in want.items() if have.get(k, "waiting") != v}
    if body["outcome"] != sample.final["outcome"]:
        wrong["outcome"] = (body["outcome"], sample.final["outcome"])
    return wrong


def offered(place, long):
    """The things that run are published, and each of their samples submitted: {case: sample}."""
    cases = {}
    for thing in things():
        if thing.is_long() == long:
            place.offer(thing)
            cases.update({place.apply(sample): sample for sample in thing.samples()})
    return cases


def compare(place, cases, ended):
    wrong = {}
    for case, body in ended.items():
        sample = cases[case]
        faults = differences(sample, body)
        if faults or body["incidents"]:
            wrong[name_of(sample)] = faults, body["incidents"]
        time_taken = took_ms(body)
        shown = f"{time_taken:8.0f} ms" if time_taken < 86_400_000 else f"{time_taken / 86_400_000:8.1f} days"
        say(f"{name_of(sample):46} {body['outcome']:10} {len(states_of(body)):3} steps {shown}")
    assert not wrong, f"(is, by the script): {wrong}"
    assert place.dead() == [], place.dead()
    check.journal(place)
    check.topics(place, place.offices)


def test_every_thing_runs_end_to_end_as_its_script_says():
    place = Shipped()
    cases = offered(place, long=False)
    assert cases, "no thing runs"
    compare(place, cases, follow(place, cases))


def test_what_lasts_weeks_ends_when_its_days_are_over():
    place = Shipped([t for t in things() if t.is_long()], late=60)
    cases = offered(place, long=True)
    sent = set()
    until(Rest(place, cases, sent), 60, 2, why="the cases do not come to rest")
    for case, sample in cases.items():
        states = place.steps(case)
        early = [s for s in sample.thing.long_steps() if states.get(s) == "granted"]
        assert not early, f"{early} of {name_of(sample)} ended before their days were over"
    place.daemon.stop()
    place.daemon = place.yjsd()
    compare(place, cases, follow(place, cases, sent))


def test_police_of_the_household_register_the_child_wherever_its_parents_file():
    thing = shipped("newborn")
    place = Shipped([thing])
    place.offer(thing)
    districts = {}
    cases = {place.apply(sample): sample for sample in thing.samples()}   # one files in the city for the district, one the other way round
    follow(place, cases)
    for case, sample in cases.items():
        asked = next(e for e in place.events(case, "step_asked") if e["step"] == "household_registration")
        districts[sample.what] = asked["data"]["data"]["reply_to"].split(".")[0][4:]
    assert districts == {"straight": "02", "one_parent": "00"}, districts


def test_bank_that_does_not_answer_is_named_in_the_report_at_the_deadline():
    thing = shipped("bankruptcy_check")
    place = Shipped([thing], without=["ccb"])
    place.offer(thing)
    case = place.apply(thing.samples()[0])
    body = place.closed(case, "granted")
    states = states_of(body)
    assert (states["bank_check.1"], states["report"]) == ("expired", "granted"), states
    asked = next(e for e in place.events(case, "step_asked") if e["step"] == "report")["data"]["data"]["input"]
    assert [(m["step"], m["index"], m["department"]) for m in asked["silent_banks"]] == [("bank_check", 1, "ccb")], asked
    assert asked["found"]["accounts"][1] is None and asked["found"]["accounts"][0]["found"] is True, asked


if __name__ == "__main__":
    need_servers()
    main(sys.modules[__name__], end_all)

"""Every shipped thing, end to end: each sample is submitted over HTTP, its departments answer by yjs-adapter, and the case ends as the
same case does on the engine alone."""
import datetime
import sys
import time

from shipped import Shipped, things   # also puts the kit on the path
import check
from base import main, need_servers, say
from place import end_all

RUNNING = ("running", "retrying", "cancelling", "waiting")


def ends_of(place, case):
    """The case when it is closed and nothing of it runs any more (a delivery runs after the closing)."""
    body = place.case(case)
    return body if body["phase"] == "closed" and not any(s["state"] in RUNNING for s in body["steps"]) else None


def follow(place, open_cases, seconds=120):
    """Sends the signals that cases wait for, until all have ended; gives {case: body}."""
    ended, sent, give_up = {}, set(), time.monotonic() + seconds
    while len(ended) < len(open_cases):
        for case, sample in open_cases.items():
            if case in ended:
                continue
            body = ends_of(place, case)
            if body:
                ended[case] = body
                continue
            for step, state in place.steps(case).items():
                if state == "running" and step in sample.signals and (case, step) not in sent:
                    signal, data = sample.signals[step]
                    place.act(case, f"signal/{signal}", {"data": data})
                    sent.add((case, step))
        if time.monotonic() > give_up:
            open_ones = {f"{s.thing.name}.{s.what}": place.steps(c) for c, s in open_cases.items() if c not in ended}
            raise AssertionError(f"not within {seconds} s: {open_ones}, dead letters {place.dead()}")
        time.sleep(0.05)
    return ended


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


def test_every_thing_runs_end_to_end_as_its_script_says():
    all_things, place = things(), Shipped()
    running = [t for t in all_things if not t.kinds_to_come]
    for thing in all_things:
        if thing.kinds_to_come:
            say(f"skipped: {thing.name}: steps of kind {', '.join(thing.kinds_to_come)} do not run yet")
        else:
            place.offer(thing)
    assert running, "no thing runs"
    cases = {}
    for thing in running:
        for sample in thing.samples():
            cases[place.apply(sample)] = sample
    wrong = {}
    for case, body in follow(place, cases).items():
        sample = cases[case]
        faults = differences(sample, body)
        if faults or body["incidents"]:
            wrong[name_of(sample)] = faults, body["incidents"]
        say(f"{name_of(sample):46} {body['outcome']:10} {len(states_of(body)):3} steps {took_ms(body):8.0f} ms")
    assert not wrong, f"(is, by the script): {wrong}"
    assert place.dead() == [], place.dead()
    check.journal(place)
    check.topics(place, place.offices)


def test_police_of_the_household_register_the_child_wherever_its_parents_file():
    thing, place = shipped("newborn"), Shipped()
    place.offer(thing)
    districts = {}
    cases = {place.apply(sample): sample for sample in thing.samples()}   # one files in the city for the district, one the other way round
    follow(place, cases)
    for case, sample in cases.items():
        asked = next(e for e in place.events(case, "step_asked") if e["step"] == "household_registration")
        districts[sample.what] = asked["data"]["data"]["reply_to"].split(".")[0][4:]
    assert districts == {"straight": "02", "one_parent": "00"}, districts


def test_bank_that_does_not_answer_is_named_in_the_report_at_the_deadline():
    thing, place = shipped("bankruptcy_check"), Shipped(without=["ccb"])
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

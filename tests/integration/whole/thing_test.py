"""The second-hand home transfer, end to end: one form, seven departments behind seven drivers, nobody carries anything."""
import sys

from home import DEPARTMENTS, NEEDS, Home   # also puts the kit on the path
import check
from base import main, need_servers, say, until
from place import end_all

GRANTED = ["deed_lookup", "contract_filing", "water_arrears", "power_arrears", "gas_arrears", "tax_assessment", "payment", "tax_receipt",
           "joint_application", "title_transfer", "water_transfer", "power_transfer", "gas_transfer", "fund_transfer"]


def sound(home):
    check.journal(home)
    check.order(home, NEEDS)
    assert home.dead() == [], home.dead()


def test_one_form_goes_in_and_seven_departments_finish_it():
    home = Home()
    case = home.apply()
    home.pay(case)
    body = home.closed(case, "granted")
    until(lambda: home.steps(case)["handover"] == "granted", why="the certificate was not handed over")
    states = home.steps(case)
    assert all(states[step] == "granted" for step in GRANTED), states
    sound(home)
    copies = check.topics(home, DEPARTMENTS)
    assert len(copies) == 13, copies   # every step but the waits for payment and signatures has one task
    assert set(copies.values()) == {1}, f"a task was sent twice although nothing went wrong: {copies}"
    for department in DEPARTMENTS:
        work = home.work_of(department)
        assert work and len(work) == len(set(work)), f"{department} worked twice, or not at all: {work}"
    # The timeline: by version, never back in time, from the start to the closing, and behind it the handover only.
    timeline = home.api("GET", f"/v1/cases/{case}/timeline?limit=200").body["items"]
    assert [e["version"] for e in timeline] == list(range(1, len(timeline) + 1))
    assert [e["at"] for e in timeline] == sorted(e["at"] for e in timeline)
    kinds = [e["kind"] for e in timeline]
    assert kinds[0] == "case_started" and kinds.count("case_closed") == 1
    behind = timeline[kinds.index("case_closed") + 1:]
    assert {e["step"] for e in behind if e["kind"] != "clock_stopped"} == {"handover"}
    assert body["started_at"] < body["closed_at"] and body["incidents"] == []
    for step in body["steps"]:
        if step["asked_at"] and step["ended_at"]:
            assert body["started_at"] <= step["asked_at"] <= step["ended_at"], step
    # Each department reads what came before it: the title's register was given the filing's and the receipt's numbers.
    asked = {e["step"]: e["data"] for e in home.events(case, "step_asked")}
    results = {e["step"]: e["data"]["data"] for e in home.events(case, "step_ended")}
    given = asked["title_transfer"]["data"]["input"]
    assert given["filing_no"] == results["contract_filing"]["filing_no"]
    assert given["tax_receipt_no"] == results["tax_receipt"]["receipt_no"]
    assert asked["fund_transfer"]["data"]["input"]["certificate_no"] == results["title_transfer"]["certificate_no"]
    report = home.ctl("case", "report", case)
    say(report.strip().splitlines()[-1])


def test_the_case_waits_for_the_payment_and_for_nothing_else():
    home = Home()
    case = home.apply()
    home.reaches(case, "payment", "running")
    until(lambda: list(home.steps(case).values()).count("granted") == 7, why="what does not need the payment did not run")
    assert home.steps(case).get("tax_receipt", "waiting") == "waiting"
    wrong = home.api("POST", f"/v1/cases/{case}/signal/tax_payed", {}, headers={"Prefer": "wait=10"})
    assert (wrong.status, wrong.body["code"]) == (404, "unknown_signal"), wrong
    bad = home.api("POST", f"/v1/cases/{case}/signal/tax_paid", {"data": {"ref": 1}}, headers={"Prefer": "wait=10"})
    say(f"a payment that is not as its schema says: {bad}")
    assert bad.status == 422, bad
    home.pay(case)
    home.closed(case, "granted")
    late = home.act(case, "signal/tax_paid", {"data": {"payment_ref": "PAY-2026-0001"}})
    assert late.status == 200
    assert [e["data"]["fate"] for e in home.events(case, "answer_recorded")] == ["case_closed"], home.events(case, "answer_recorded")
    sound(home)


def test_no_title_is_asked_for_before_both_sellers_and_the_buyer_have_signed():
    home = Home()
    case = home.apply(sign=False)
    home.pay(case)
    home.reaches(case, "tax_receipt", "granted")
    for person in ("seller.0", "buyer.0"):
        home.sign(case, person)
    stranger = home.api("POST", f"/v1/cases/{case}/signature", {"person": "seller.2"}, headers={"Prefer": "wait=10"})
    assert (stranger.status, stranger.body["code"]) == (409, "unknown_party"), stranger
    assert home.steps(case)["joint_application"] == "running" and home.steps(case).get("title_transfer", "waiting") == "waiting"
    assert home.hand.all(home.topic("real_estate", "task")) == [], "the registry was asked before all had signed"
    assert home.ctl("case", "sign", case, "seller.1").strip(), "said nothing"
    home.closed(case, "granted")
    assert [e["data"]["id"] for e in home.events(case, "signal_noted")] == [
        "tax_paid", "signed.seller.0", "signed.buyer.0", "signed.seller.1"], home.events(case, "signal_noted")
    sound(home)


def test_arrears_at_gas_drop_gas_only():
    home = Home(results={"gas_arrears": '{arrears: true, amount: "86.40"}'})
    case = home.apply()
    home.pay(case)
    home.closed(case, "granted")
    states = home.steps(case)
    assert states["gas_transfer"] == "skipped", states
    assert all(states[step] == "granted" for step in GRANTED if step != "gas_transfer"), states
    assert not [t for t in check.topics(home, DEPARTMENTS) if ":gas_transfer:" in t]
    sound(home)


def test_a_utility_that_nobody_asked_for_is_never_asked():
    home = Home(without=["power"])
    case = home.apply(utilities=["water", "gas"])
    home.pay(case)
    home.closed(case, "granted")
    states = home.steps(case)
    assert states["power_arrears"] == states["power_transfer"] == "skipped", states
    check.topics(home, DEPARTMENTS)
    assert home.hand.all(home.topic("power", "task")) == []


def test_a_title_refused_ends_what_needs_it_and_keeps_what_was_granted():
    home = Home(refuse=["real_estate"])
    case = home.apply()
    home.pay(case)
    home.closed(case, "partial")
    states = home.steps(case)
    assert states["title_transfer"] == "refused", states
    for step in ("water_transfer", "power_transfer", "gas_transfer", "fund_transfer", "handover"):
        assert states[step] == "unsatisfied", states
    for step in ("contract_filing", "tax_assessment", "payment", "tax_receipt", "water_arrears"):
        assert states[step] == "granted", states
    refused = [s for s in home.case(case)["steps"] if s["step"] == "title_transfer"][0]
    assert refused["reason"] == "refused by the simulated department", refused
    sound(home)


def test_a_withdrawal_in_mid_flight_calls_back_what_is_out_and_starts_nothing_new():
    home = Home(without=["housing"])   # its task lies unread
    case = home.apply()
    until(lambda: list(home.steps(case).values()).count("granted") == 5, why="the first steps did not run")
    home.act(case, "withdraw", {"reason": "買賣取消"})
    home.reaches(case, "contract_filing", "cancelling")
    home.adapter("housing")            # finds task and cancellation
    home.closed(case, "withdrawn")
    states = home.steps(case)
    assert states["contract_filing"] in ("cancelled", "granted"), states
    assert states.get("tax_assessment", "waiting") in ("waiting", "cancelled"), states
    assert home.hand.all(home.topic("tax", "task")) == []
    headers = [m["headers"] for m in home.hand.all(home.topic("housing", "task"))]
    assert [h["ce_type"] for h in headers] == ["task", "cancel"], headers
    sound(home)


if __name__ == "__main__":
    need_servers()
    main(sys.modules[__name__], end_all)

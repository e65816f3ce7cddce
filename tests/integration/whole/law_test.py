"""The law's time on the real thing: acceptance, a hearing, an extension, a delivery; what a person is told of it by the API,
by yjsctl and by the database; a dispute that is settled, a rating."""
import json
import sys
import time

from simple import TITLE, step, thing
import check
from base import main, need_servers, say, until
from place import Place, end_all

TIMED = thing("timed", step("file", department="registry", item="deed") +
              f"  - {{id: pay, title: {TITLE}, item: deed, uncounted: payment, needs: [file], wait: {{signal: paid}}}}\n" +
              step("enter", ["file", "pay"], department="registry", item="deed") +
              f"  - {{id: hand, title: {TITLE}, needs: [enter], deliver: {{by: post}}}}\n") + f"""
promise: 10 workdays
items:
  - {{id: deed, title: {TITLE}, department: registry, promise: 5 workdays, statute: 20 workdays, basis: 某條例,
     uncounted: [{{reason: payment, of: promise}}]}}
"""


def begun():
    place = Place(["registry", "post"])
    place.publish(TIMED)
    place.yjsd()
    registry, post = place.department("registry", lambda task: None), place.department("post", lambda task: None)
    return place, registry, post, place.start("timed")


def clocks(place, case):
    items = place.api("GET", f"/v1/cases/{case}/clocks").body["items"]
    return {(c["item"], c["clock"]): c for c in items}


def status(place, case):
    return place.case(case)["status"]["code"]


def task_of(department, case, name):
    return until(lambda: (department.of(case, name) or [None])[0], why=f"no task {name}")


def test_an_item_from_receipt_to_delivery_with_its_words_and_clocks():
    place, registry, post, case = begun()
    first = task_of(registry, case, "file")
    assert status(place, case) == "pre_accepted"
    assert clocks(place, case)[("deed", "acceptance")]["state"] == "received"
    registry.give(first, ("accepted", {}))
    until(lambda: status(place, case) == "accepted", why="not accepted")
    words = place.case(case)["status"]
    assert (words["zh-Hant"], words["zh-Hans"], words["en"]) == ("受理", "受理", "Accepted"), words
    listed = next(c for c in place.api("GET", "/v1/cases").body["items"] if c["id"] == case)
    assert (listed["status"]["code"], listed["status"]["zh-Hans"]) == ("accepted", "受理"), listed
    assert "受理" in place.ctl("case", "list", "--language", "zh-Hant")
    registry.give(first, ("special_start", {"procedure": "聽證", "days": 3}))
    until(lambda: clocks(place, case)[("deed", "statute")]["state"] == "paused", why="a hearing stops the statute")
    registry.give(first, ("special_end", {"procedure": "hearing"}))
    until(lambda: clocks(place, case)[("deed", "statute")]["state"] == "running", why="the statute goes on")
    registry.give(first, ("extend", {"reason": "案情複雜", "days": 5, "approved_by": "局長"}), ("result", {"result": {}}))
    until(lambda: clocks(place, case)[("deed", "promise")]["state"] == "paused", why="payment stops the promise")
    now = clocks(place, case)
    assert now[("deed", "statute")]["state"] == "running" and now[("", "promise")]["state"] == "paused", now
    explained = now[("deed", "promise")]["explained"]
    assert explained["extended_days"] == 5 and explained["began"] == "accepted", explained
    assert [(p["reason"], p.get("basis")) for p in explained["uncounted"]] == [("hearing", "行政許可法 45"), ("payment", None)], explained
    told = place.ctl("case", "clock", case)
    say("\n" + told)
    for line in ("deed  promise", "extended by 5 working days (行政許可法 42)", "accepted (受理)", "hearing at file, basis: 行政許可法 45",
                 "payment at pay, by the item's definition", "stands still", "passed over", "own time"):
        assert line in told, (line, told)
    place.act(case, "signal/paid", {"data": {}})
    registry.give(task_of(registry, case, "enter"), ("result", {"result": {}}))
    place.closed(case, "granted")
    body = place.case(case)
    assert (body["status"]["code"], body["ending"]["zh-Hant"]) == ("closed", "准予"), body
    assert clocks(place, case)[("deed", "delivery")]["state"] == "running"
    early = place.api("POST", f"/v1/cases/{case}/rating", {"level": 6})
    assert (early.status, early.body["code"]) == (422, "body_invalid"), early
    post.give(task_of(post, case, "hand"), ("result", {"result": {}}))
    until(lambda: status(place, case) == "delivered", why="not delivered")
    assert clocks(place, case)[("deed", "delivery")]["state"] == "stopped"
    listed = next(c for c in place.api("GET", "/v1/cases").body["items"] if c["id"] == case)
    assert (listed["status"]["zh-Hant"], listed["ending"]["zh-Hant"]) == ("領取登記", "准予"), listed   # as Guangdong says it
    assert "领取登记 准予" in place.ctl("case", "list", "--language", "zh-Hans")
    assert "Delivered Granted" in place.ctl("case", "watch", case, "--language", "en")
    shown = place.ctl("case", "show", case)
    assert "領取登記 Delivered, 准予 Granted" in shown, shown
    said = [e["status"]["code"] for e in place.api("GET", f"/v1/cases/{case}/timeline?limit=200").body["items"] if "status" in e]
    wanted = ["submitted", "pre_accepted", "accepted", "special_started", "special_ended", "examined", "closed", "delivered"]
    assert [w for i, w in enumerate(said) if w in wanted and w not in said[:i]] == wanted, said
    place.ctl("case", "rate", case, "5", "--comment", "快")
    assert place.events(case, "case_rated")[0]["data"]["count"] == 5
    again = place.api("POST", f"/v1/cases/{case}/rating", {"level": 1}, headers={"Prefer": "wait=10"})
    assert (again.status, again.body["code"]) == (409, "rated_already"), again
    check.journal(place)


def test_clocks_are_told_as_of_now_and_not_as_of_the_last_event():
    place, registry, post, case = begun()
    registry.give(task_of(registry, case, "file"), ("accepted", {}))
    until(lambda: status(place, case) == "accepted", why="not accepted")
    version, before = place.case(case)["version"], clocks(place, case)[("deed", "promise")]["explained"]
    kept = place.rows(f"SELECT explained::json ->> 'counted_at' AS at FROM clock WHERE case_id = '{case}' AND item = 'deed' AND clock = 'promise'")
    time.sleep(1.1)
    after = clocks(place, case)[("deed", "promise")]["explained"]
    assert place.case(case)["version"] == version
    assert kept[0]["at"] <= before["counted_at"] < after["counted_at"], (kept, before, after)
    assert {k: v for k, v in after.items() if k not in ("counted_at", "counted", "own")} == \
        {k: v for k, v in before.items() if k not in ("counted_at", "counted", "own")}


def test_what_was_recorded_for_a_department_is_counted_for_it_and_told_in_the_report():
    place, registry, post, case = begun()
    task_of(registry, case, "file")
    assert place.ctl("case", "report", case).splitlines()[-1].split()[-1] == "none"
    place.act(case, "steps/file/answer_for", {"type": "result", "data": {"result": {}}, "evidence": "file:scan.pdf",
                                              "confirmed_by": "李四", "reason": "系統停機"})
    place.reaches(case, "file", "granted")
    figures = place.api("GET", f"/v1/cases/{case}/figures").body
    assert figures["answered_for"] == [{"department": "registry", "count": 1}], figures
    row = next(d for d in place.api("GET", "/v1/departments").body["items"] if d["department"] == "registry")
    assert row["answered_for"] == 1 and row["answered_for_last"], row
    assert place.meters()["yijianshi_answers_for_total"] == 1
    told = place.ctl("case", "report", case)
    assert "代錄 remained" in told and "registry 1" in told and "keyings saved" in told, told
    say("\n" + told)
    assert place.case(case)["open_incidents"] == 0
    check.journal(place)


def test_a_correction_is_asked_once_and_its_answer_begins_the_clocks():
    place, registry, post, case = begun()
    first = task_of(registry, case, "file")
    registry.give(first, ("correction", {"reasons": [{"what": "contract", "why": "page 2 is missing"}]}))
    until(lambda: status(place, case) == "correction_asked", why="no correction")
    assert clocks(place, case)[("", "promise")]["state"] == "paused"
    early = place.api("POST", f"/v1/cases/{case}/rating", {"level": 3}, headers={"Prefer": "wait=10"})
    assert (early.status, early.body["code"]) == (409, "case_open"), early
    place.act(case, "correction", {"step": "file", "form": {}})
    until(lambda: status(place, case) == "corrected", why="not corrected")
    assert clocks(place, case)[("deed", "promise")]["explained"]["began"] == "correction_answered"
    registry.give(first, ("correction", {"reasons": [{"what": "seal", "why": "faint"}]}))
    until(lambda: [i for i in place.case(case)["incidents"] if i["code"] == "second_correction"], why="no incident")
    assert clocks(place, case)[("deed", "promise")]["state"] == "running"
    registry.give(first, ("rejected", {"reason": "不符合條件"}))
    place.closed(case, "refused")
    assert place.case(case)["ending"]["zh-Hant"] == "不予許可"
    check.journal(place)


def test_what_nobody_accepted_is_returned_and_a_dispute_is_settled_with_a_reason():
    place, registry, post, case = begun()
    first = task_of(registry, case, "file")
    registry.give(first, ("result", {"result": {"no": "1"}}))
    place.reaches(case, "file", "granted")
    registry.give(first, ("rejected", {"reason": "on second thoughts"}))
    until(lambda: [i for i in place.case(case)["incidents"] if i["code"] == "disputed" and not i["closed_at"]], why="no dispute")
    place.ctl("case", "settle", case, "file", "--reason", "the certificate was issued", "--stands", "result")
    assert "why=the certificate was issued" in place.ctl("case", "timeline", case)
    assert not [i for i in place.case(case)["incidents"] if i["code"] == "disputed" and not i["closed_at"]]
    kinds = [e["kind"] for e in place.events(case)]
    assert "dispute_opened" in kinds and "dispute_resolved" in kinds
    assert place.steps(case)["file"] == "granted"
    other = place.start("timed")
    registry.give(task_of(registry, other, "file"), ("not_accepted", {"reason": "不屬本機關職權"}))
    place.closed(other, "refused")
    assert place.case(other)["ending"]["code"] == "returned"
    late = place.api("GET", "/v1/clocks?light=red")
    assert late.status == 200 and late.body["items"] == [], late
    check.journal(place)


if __name__ == "__main__":
    need_servers()
    main(sys.modules[__name__], end_all)

"""What the engine promises, on the real thing: fan-out over banks, sub-cases, compensation, joins by deadline, retries until a
person is needed, expiry, answers on a department's behalf, answers that come twice, late or against each other."""
import json
import sys

from simple import DIAMOND, PERMIT, TITLE, grant, step, thing
import check
from base import main, need_servers, until
from kafka import answer_headers
from place import Place, end_all


def started(departments, *definitions):
    place = Place(departments)
    for definition in definitions:
        place.publish(definition)
    place.yjsd()
    return place


def fates(place, case):
    return [e["data"]["fate"] for e in place.events(case, "answer_recorded")]


def test_a_list_of_banks_from_a_result_becomes_a_task_each_at_its_own_bank():
    departments = f"""
groups:
  - {{id: banks, title: {TITLE}}}
departments:
  - {{id: central, title: {TITLE}, offices: [{{region: "REGION"}}]}}
  - {{id: icbc, title: {TITLE}, offices: [{{region: "REGION"}}], groups: {{banks: "102"}}}}
  - {{id: ccb, title: {TITLE}, offices: [{{region: "REGION"}}], groups: {{banks: "105"}}}}
  - {{id: court, title: {TITLE}, offices: [{{region: "REGION"}}]}}
"""
    banks = "{type: object, required: [banks], properties: {banks: {type: array, items: {type: object, properties: {code: {type: string}, " \
            "account: {type: string}}}}}}"
    check_ = step("bank_check", ["accounts"], '{group: banks, is: "${ .bank.code }"}', input='{account: "${ .bank.account }"}',
                  each='{in: "${ .steps.accounts.result.banks }", as: bank, gather: {all: true, deadline: 1h, then: partial}}')
    place = started(departments, thing("bankruptcy", step("accounts", department="central", result=banks) + check_ + step(
        "report", ["bank_check"], "court", input='{found: "${ .steps.bank_check.result }"}')))
    given = [{"code": "102", "account": "A1"}, {"code": "105", "account": "B1"}, {"code": "102", "account": "A2"}]
    place.department("central", lambda task: ("result", {"result": {"banks": given}}))
    for bank in ("icbc", "ccb"):
        place.department(bank, lambda task, bank=bank: ("result", {"result": {"at": bank, "of": task["data"]["input"]["account"]}}))
    court = place.department("court", grant)
    case = place.start("bankruptcy")
    place.closed(case, "granted")
    assert [t["step"] for t in place.departments["icbc"].of(case)] == ["bank_check.0", "bank_check.2"] or \
        sorted(t["step"] for t in place.departments["icbc"].of(case)) == ["bank_check.0", "bank_check.2"]
    assert [t["step"] for t in place.departments["ccb"].of(case)] == ["bank_check.1"]
    found = court.of(case, "report")[0]["data"]["input"]["found"]
    assert found == [{"at": "icbc", "of": "A1"}, {"at": "ccb", "of": "B1"}, {"at": "icbc", "of": "A2"}], found
    check.journal(place)
    check.topics(place, ["central", "icbc", "ccb", "court"])


def test_a_thing_within_a_thing_runs_as_a_case_of_its_own_in_the_same_shard():
    inner = thing("inner", step("check", department="alpha", input='{name: "${ .form.name }"}'),
                  "{type: object, properties: {name: {type: string}}}")
    outer = thing("outer", f"  - id: sub\n    kind: thing\n    title: {TITLE}\n    thing: {{name: inner, form: {{name: \"${{ .form.who }}\"}}}}\n"
                  + step("last", ["sub"], "beta", input='{how: "${ .steps.sub.result.outcome }"}'),
                  "{type: object, properties: {who: {type: string}}}")
    place = started(["alpha", "beta"], inner, outer)
    alpha, beta = place.department("alpha", grant), place.department("beta", grant)
    case = place.start("outer", {"who": "王"})
    body = place.closed(case, "granted")
    child = f"{case}/sub.0" if f"{case}/sub.0" in [c["id"] for c in body["children"]] else body["children"][0]["id"]
    assert [c["outcome"] for c in body["children"]] == ["granted"], body["children"]
    task = alpha.of(child)[0]
    assert task["number"] == case and task["data"]["input"] == {"name": "王"}, task
    assert beta.of(case)[0]["data"]["input"] == {"how": "granted"}
    assert len(place.rows("SELECT DISTINCT shard FROM case_")) == 1


def test_a_case_shows_all_its_steps_in_the_definitions_order_the_untouched_as_waiting():
    place = started(["a", "b", "c"], thing("shown", step("c", ["b"]) + step("b", ["a"]) + step("a")))
    place.department("a", lambda task: None)
    case = place.start("shown")
    rows = place.case(case)["steps"]
    assert [(r["step"], r["state"], r["index"], r["attempt"]) for r in rows] == [
        ("c", "waiting", -1, 0), ("b", "waiting", -1, 0), ("a", "running", -1, 1)], rows
    shown = place.ctl("case", "show", case)
    assert [line.split()[:2] for line in shown.splitlines() if line.startswith(("a ", "b ", "c "))] == [
        ["c", "waiting"], ["b", "waiting"], ["a", "running"]], shown


def test_a_sub_case_that_can_not_begin_is_told_to_its_parent():
    inner = thing("strict", step("check", department="alpha"),
                  "{type: object, required: [name], properties: {name: {type: string, minLength: 3}}}")
    outer = thing("around", f"  - id: sub\n    kind: thing\n    title: {TITLE}\n    thing: {{name: strict, form: {{name: \"${{ .form.who }}\"}}}}\n"
                  + step("last", ["sub"], "beta"), "{type: object, properties: {who: {type: string}}}")
    place = started(["alpha", "beta"], inner, outer)
    place.department("alpha", grant), place.department("beta", grant)
    case = place.start("around", {"who": "王"})
    place.reaches(case, "sub", "stuck")
    incident = json.loads(place.ctl("incident", "list", "--json"))
    incident = (incident["items"] if isinstance(incident, dict) else incident)[0]
    assert (incident["case_id"], incident["step"]) == (case, "sub") and "form_invalid" in str(incident["message"]), incident
    assert place.case(case)["children"] == []
    place.ctl("incident", "refuse", incident["id"], "--reason", "the name is too short")
    place.closed(case, "refused")


def test_a_task_that_no_broker_takes_opens_an_incident_from_which_an_operator_goes_on():
    place = Place(["a"])
    place.write_config(["a", "ghost"])   # connected, they say; nobody has made its topics
    place.publish(thing("lost", step("first", department="ghost") + step("second", ["first"], department="a")))
    place.yjsd()
    place.department("a", grant)
    case = place.start("lost")

    def incidents():
        rows = json.loads(place.ctl("incident", "list", "--json"))
        return rows["items"] if isinstance(rows, dict) else rows
    first = until(incidents, 20, why="no incident")[0]
    assert (first["code"], first["case_id"], first["step"], first["department"]) == ("unsent", case, "first", "ghost"), first
    assert f"{case}:first:1 could not be sent" in str(first["message"]), first
    place.ctl("incident", "retry", first["id"], "--reason", "once more")
    second = until(lambda: [i for i in incidents() if i["id"] != first["id"]], 20, why=incidents)[0]
    assert f"{case}:first:2" in str(second["message"]) and len(incidents()) == 1, second
    place.ctl("topic", "apply")
    ghost = place.department("ghost", grant)
    place.ctl("incident", "retry", second["id"], "--reason", "its topics are there")
    place.closed(case, "granted")
    assert [t["attempt"] for t in ghost.of(case, "first")] == [3] and incidents() == [], ghost.tasks


def test_a_refusal_that_compensates_undoes_what_was_granted_in_reverse():
    place = started(["a", "b", "c"], thing("undone", step("a", reversible="true", compensate="{input: {undo: a}}")
                    + step("b", ["a"], reversible="true", compensate="{input: {undo: b}}") + step("c", ["b"], on_refused="compensate")))
    place.department("a", grant), place.department("b", grant)
    place.department("c", lambda task: ("rejected", {"reason": "not allowed"}))
    case = place.start("undone")
    place.closed(case, "refused")
    states = place.steps(case)
    assert (states["a"], states["b"], states["c"]) == ("compensated", "compensated", "refused"), states
    undone = [e["step"] for e in place.events(case, "undo_asked")]
    assert undone == ["b", "a"], undone
    task = place.departments["a"].of(case, "a", "compensate")[0]
    assert task["id"] == f"{case}:a:1:undo:1" and task["data"]["undoes"] == f"{case}:a:1", task
    check.journal(place)


def test_a_join_by_deadline_opens_with_what_is_there_and_names_the_silent():
    place = started(["a", "b", "c"], thing("deadline", step("a") + step("b")
                    + step("c", ["a", "b"], join="{all: true, deadline: 5s, then: partial}", input='{missing: "${ .steps.c.missing }"}')))
    place.department("a", grant)
    b = place.department("b", lambda task: None)
    c = place.department("c", grant)
    case = place.start("deadline")
    place.closed(case, "granted")   # what the deadline let go counts for nothing
    assert place.steps(case)["b"] == "expired", place.steps(case)
    missing = c.of(case)[0]["data"]["input"]["missing"]
    assert [(m["step"], m["department"]) for m in missing] == [("b", "b")] and missing[0]["since"], missing
    until(lambda: b.of(case, "b", "cancel"), why="the silent one was not told to stop")
    b.give(b.of(case, "b")[0], grant(b.of(case, "b")[0]))   # too late
    until(lambda: fates(place, case) in (["late"], ["case_closed"]), why=lambda: fates(place, case))


def test_a_department_that_fails_is_asked_again_until_a_person_is_needed_and_the_person_asks_once_more():
    place = started(["a", "b"], thing("retried", step("a", retry="{attempts: 3, first: 50ms, most: 100ms}") + step("b", ["a"])))
    failing = {"on": True}
    a = place.department("a", lambda task: ("error", {"message": "database away", "retryable": True}) if failing["on"] else grant(task))
    place.department("b", grant)
    case = place.start("retried")
    place.reaches(case, "a", "stuck")
    assert [t["attempt"] for t in a.of(case, "a")] == [1, 2, 3]
    incident = json.loads(place.ctl("incident", "list", "--json"))
    incident = (incident["items"] if isinstance(incident, dict) else incident)[0]
    assert incident["case_id" if "case_id" in incident else "case"] == case, incident
    failing["on"] = False
    place.ctl("incident", "retry", incident["id"], "--reason", "the department is back")
    place.closed(case, "granted")
    until(lambda: place.sql("SELECT count(*) FROM incident WHERE closed_at IS NULL") == "0")
    assert a.of(case, "a")[-1]["attempt"] == 4


def test_an_operator_answers_for_a_department_with_evidence_and_a_second_person():
    place = started(["alpha", "beta", "gamma"], PERMIT)
    place.department("alpha", lambda task: None), place.department("beta", grant)
    case = place.start("permit", {"name": "王"})
    place.reaches(case, "first", "running")
    body = {"type": "result", "data": {"result": {"no": "9"}}, "evidence": "file:scan-1.pdf", "confirmed_by": "李主任", "reason": "網絡中斷"}
    me = place.token("operator", name="王操作員")
    for broken, status in ((dict(body, evidence=None), 422), (dict(body, confirmed_by="王操作員"), 422),
                           (dict(body, data={"result": {"no": 9}}), 422)):
        reply = place.api("POST", f"/v1/cases/{case}/steps/first/answer_for", {k: v for k, v in broken.items() if v is not None}, token=me,
                          headers={"Prefer": "wait=10"})
        assert reply.status == status, reply
    place.act(case, "steps/first/answer_for", body, token=me)
    place.closed(case, "granted")
    acted = place.events(case, "operator_acted")[0]["data"]
    assert acted["actor"] == "王操作員" and acted["extra"] == {"evidence": "file:scan-1.pdf", "confirmed_by": "李主任"}, acted


def test_a_step_that_takes_too_long_expires():
    place = started(["a", "b"], thing("slow", step("a", timeout="{limit: 1s, then: expire}") + step("b", ["a"])))
    a = place.department("a", lambda task: None)
    case = place.start("slow")
    place.closed(case, "refused")
    assert (place.steps(case)["a"], place.steps(case)["b"]) == ("expired", "unsatisfied"), place.steps(case)
    assert until(lambda: a.of(case, "a", "cancel"), why="the department was not told")


def test_answers_that_come_twice_late_or_against_each_other_have_their_fate():
    place = started(["alpha", "beta", "gamma"], PERMIT)
    alpha = place.department("alpha", lambda task: None)
    beta = place.department("beta", lambda task: None)
    case = place.start("permit", {"name": "王"})
    task = until(lambda: alpha.of(case, "first"))[0]

    def say(department, step, kind, data, serial="", attempt=1):
        headers = answer_headers(place.region, department.name, case, step, attempt, kind, serial)
        before = len(place.events(case))
        place.hand.put(department.result_topic, case, headers, data)
        until(lambda: len(place.events(case)) > before, why=lambda: f"{kind} of {step} left no mark; {place.dead()}")
    say(beta, "second", "result", {"result": {}})                       # it was not asked yet
    say(alpha, "first", "accepted", {"receipt": "R-1"})
    say(alpha, "first", "result", {"result": {"no": "1"}})
    say(alpha, "first", "result", {"result": {"no": "1"}})              # the same message again
    say(alpha, "first", "result", {"result": {"no": "1"}}, ":again")    # the same content under another id
    assert fates(place, case) == ["not_asked", "duplicate", "duplicate"], fates(place, case)
    say(alpha, "first", "rejected", {"reason": "after all not"})         # contradicts
    assert len(place.events(case, "dispute_opened")) == 1
    incident = place.rows("SELECT id, code, case_id FROM incident WHERE closed_at IS NULL")
    assert [(i["code"], i["case_id"]) for i in incident] == [("disputed", case)], incident
    assert place.steps(case)["first"] == "granted", "the first answer stands"
    place.act(case, "steps/first/resolve_dispute", {"reason": "電話核實：第一份為準"})
    assert place.rows("SELECT id FROM incident WHERE closed_at IS NULL") == []
    again = place.api("POST", f"/v1/cases/{case}/steps/first/resolve_dispute", {"reason": "x"}, headers={"Prefer": "wait=10"})
    assert (again.status, again.body["code"]) == (409, "no_dispute"), again
    task = until(lambda: beta.of(case, "second"))[0]
    say(beta, "second", "result", {"result": {}}, ":true")
    place.closed(case, "granted")
    say(beta, "second", "result", {"result": {"other": 1}}, ":late")
    assert fates(place, case)[-1] == "case_closed", fates(place, case)
    assert place.case(case)["outcome"] == "granted" and place.dead() == []
    check.journal(place)
    meters = place.meters()
    count = {k: int(v) for k, v in meters.items() if "inputs_" in k}
    assert next(v for k, v in count.items() if "duplicate" in k) == 2 and next(v for k, v in count.items() if "recorded" in k) == 2, count


def test_a_disputed_refusal_that_stands_turns_the_step_around():
    place = started(["a", "b"], thing("turned", step("a") + step("b")))
    a, b = place.department("a", lambda task: None), place.department("b", lambda task: None)
    case = place.start("turned")
    task = until(lambda: a.of(case, "a"))[0]
    a.give(task, grant(task), ("rejected", {"reason": "a mistake"}))
    until(lambda: place.events(case, "dispute_opened"))
    place.act(case, "steps/a/resolve_dispute", {"reason": "the refusal is right", "stands": "rejected"})
    task = until(lambda: b.of(case, "b"))[0]
    b.give(task, grant(task))
    place.closed(case, "partial")
    assert place.steps(case)["a"] == "refused"


def test_a_department_sees_and_answers_its_own_tasks_only():
    place = started(["alpha", "beta", "gamma"], PERMIT)
    case = place.start("permit", {"name": "王", "age": 40})
    alpha, beta = place.token("department", "alpha"), place.token("department", "beta")
    mine = until(lambda: place.api("GET", "/v1/tasks", token=alpha).body["items"])
    assert [t["task"] for t in mine] == [f"{case}:first:1"], mine
    assert place.api("GET", "/v1/tasks", token=beta).body["items"] == []
    assert place.api("GET", "/v1/tasks?department=alpha", token=beta).status == 403
    task = f"/v1/tasks/{case}:first:1"
    seen = place.api("GET", task, token=alpha)
    assert seen.status == 200 and seen.body["asked"]["data"]["data"]["input"]["name"] == "王", seen
    for path, body in ((task, None), (f"{task}/claim", {}), (f"{task}/answer", {"type": "result", "data": {"result": {"no": "1"}}})):
        reply = place.api("GET" if body is None else "POST", path, body, token=beta)
        assert (reply.status, reply.body["code"]) == (404, "task_unknown"), (path, reply)
    assert place.api("POST", f"{task}/claim", {"by": "甲"}, token=alpha).status == 200
    taken = place.api("POST", f"{task}/claim", {"by": "乙"}, token=alpha)
    assert (taken.status, taken.body["code"]) == (409, "task_claimed"), taken
    bad = place.api("POST", f"{task}/answer", {"type": "result", "data": {"result": {"no": 1}}}, token=alpha)   # at once, unasked
    assert (bad.status, bad.body["code"], [f["pointer"] for f in bad.body["faults"]]) == (422, "result_invalid", ["/data/result/no"]), bad
    good = place.api("POST", f"{task}/answer", {"type": "result", "data": {"result": {"no": "1"}}}, token=alpha, headers={"Prefer": "wait=10"})
    assert good.status == 200, good
    mine = until(lambda: place.api("GET", "/v1/tasks", token=beta).body["items"])
    status, out, err = place.ctl("task", "answer", mine[0]["task"], "--data", '{"result": {}}', token=beta, check=False)
    assert status == 0, (out, err)
    place.closed(case, "granted")
    seen = place.api("GET", f"/v1/cases/{case}/timeline", token=beta).body["items"]
    assert not [e for e in seen if e["kind"] == "case_started" and "王" in json.dumps(e, ensure_ascii=False)], "beta reads the form"
    assert place.api("GET", f"/v1/cases/{case}", token=place.token("department", "gamma")).status == 404


if __name__ == "__main__":
    need_servers()
    main(sys.modules[__name__], end_all)

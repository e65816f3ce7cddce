"""What is said of a case beside its tasks, over HTTP: objections to what is public, cases that a department offers, materials
that come after the application."""
import sys

from simple import TITLE, grant, step
from base import main, need_servers, until
from place import Place, end_all

NOTICE = f"""
thing: notice
title: {TITLE}
form: {{type: object}}
steps:
  - id: public
    title: {TITLE}
    department: alpha
    publicity: {{limit: 20 days, may_object: [beta], on_objection: ON_OBJECTION}}
  - {{id: registration, title: {TITLE}, department: alpha, needs: [public]}}
"""
ALLOWANCE = f"""
thing: allowance
title: {TITLE}
form: {{type: object, properties: {{name: {{type: string}}}}}}
offered: {{by: beta, basis: the list of the entitled}}
steps:
  - {{id: pay, title: {TITLE}, department: alpha, input: {{name: "${{ .form.name }}"}}}}
"""
LATE = f"""
thing: late
title: {TITLE}
form: {{type: object}}
materials:
  - {{id: plan, title: {TITLE}, required: true, from: applicant, tolerable: {{until: 10 days, trust: [A], if_missing: refuse}}}}
steps:
""" + step("first", department="alpha", materials="[plan]")


def place_of(thing):
    place = Place(["alpha", "beta"])
    place.publish(thing)
    place.yjsd()
    return place


def codes(reply):
    return reply.status, reply.body.get("code")


def test_an_objection_over_the_desk_ends_what_was_public():
    place = place_of(NOTICE.replace("ON_OBJECTION", "close"))
    case = place.start("notice")
    place.reaches(case, "public", "running")
    path = f"/v1/cases/{case}/objection"
    assert place.api("POST", path, {}).status in (400, 422), "an objection has its reason"
    assert place.api("POST", path, {"reason": "r"}, token=None).status == 401
    assert place.api("POST", path, {"reason": "r"}, token="auditor").status == 403
    place.act(case, "objection", {"reason": "they owe me wages", "by": "a creditor"}, token="window")
    until(lambda: place.case(case)["phase"] == "closed", 30)
    assert place.steps(case)["public"] == "refused" and place.case(case)["outcome"] == "refused", place.case(case)
    raised = place.rows(f"SELECT data::json->>'actor' AS actor, data::json->'data'->>'reason' AS reason FROM event WHERE case_id = '{case}' AND kind = 'objection_raised'")
    assert raised == [{"actor": "a creditor", "reason": "they owe me wages"}], raised


def test_a_department_objects_in_its_own_name_and_its_objection_is_decided():
    place = place_of(NOTICE.replace("ON_OBJECTION", "decide"))
    place.department("alpha", grant)
    case = place.start("notice")
    place.reaches(case, "public", "running")
    beta = place.token("department", "beta")
    place.act(case, "objection", {"reason": "tax is due", "by": "somebody else"}, token=beta)
    raised = until(lambda: place.rows(f"SELECT data::json->>'department' AS department FROM event WHERE case_id = '{case}' AND kind = 'objection_raised'"), 20)
    assert raised == [{"department": "beta"}], raised


def test_an_objection_to_what_is_not_public_is_refused():
    place = place_of(ALLOWANCE)
    case = place.start("allowance", {"name": "王"})
    assert place.act(case, "objection", {"reason": "no"}, status=404).body["code"] == "unknown_signal"


def test_a_department_offers_a_case_and_nobody_else_may():
    place = place_of(ALLOWANCE)
    place.department("alpha", grant)
    beta, alpha = place.token("department", "beta"), place.token("department", "alpha")
    path, body = "/v1/things/allowance/offers", {"form": {"name": "王"}, "region": place.region, "list": "2026-03"}
    wait = {"Prefer": "wait=10"}
    offered = place.api("POST", path, body, token=beta, headers=wait)
    assert offered.status == 201, offered
    case = offered.body["case"]
    place.closed(case, "granted")
    started = place.rows(f"SELECT data::json->>'reason' AS basis, data::json->'extra'->'offer'->>'by' AS offered_by, data::json->'extra'->'offer'->>'list' AS list FROM event "
                         f"WHERE case_id = '{case}' AND kind = 'case_started'")
    assert started == [{"basis": "the list of the entitled", "offered_by": "beta", "list": "2026-03"}], started
    assert codes(place.api("POST", path, body, token=alpha, headers=wait)) == (403, "offer_not_allowed")
    assert place.api("POST", path, body, token="auditor", headers=wait).status == 403


def test_a_material_that_comes_later_reaches_the_department_that_has_the_task():
    place = place_of(LATE)
    alpha = place.department("alpha", lambda task: None)
    case = place.start("late", extra={"trust": "A"})
    until(lambda: alpha.of(case), 20)
    assert place.api("POST", f"/v1/cases/{case}/materials", {}).status in (400, 422)
    place.act(case, "materials", {"materials": [{"id": "plan", "uri": "https://files.example/plan.pdf"}]}, token="window")
    sent = until(lambda: alpha.of(case, kind="correction_answer"), 20)
    assert sent[0]["data"]["correction"]["materials"] == [{"id": "plan", "uri": "https://files.example/plan.pdf"}], sent
    kinds = [row["kind"] for row in place.rows(f"SELECT kind FROM event WHERE case_id = '{case}' ORDER BY version")]
    assert "material_tolerated" in kinds and "materials_given" in kinds and "materials_sent" in kinds, kinds


if __name__ == "__main__":
    need_servers()
    main(sys.modules[__name__], end_all)

"""What is personal: masked wherever a case is shown, in clear for a reason that is written down, and who was given it."""
import base64
import json
import sys
import urllib.request

from simple import TITLE, grant
from base import main, need_servers, until
from place import Place, end_all

PERMIT = f"""
thing: permit
title: {TITLE}
form:
  type: object
  properties:
    name: {{type: string, x-personal: true, x-mask: name, x-title: {{zh-Hant: 姓名, zh-Hans: 姓名, en: Name}}}}
    id_number: {{type: string, x-personal: true, x-mask: id, x-title: {{zh-Hant: 證件號碼, zh-Hans: 证件号码, en: Identity number}}}}
    shop: {{type: string}}
items:
  - {{id: licence, title: {TITLE}, code: "1", department: alpha, promise: 5 workdays, statute: 10 workdays, basis: 食品安全法 35}}
steps:
  - id: first
    title: {TITLE}
    department: alpha
    item: licence
    input: {{who: "${{ .form.name }}", about: "shop of ${{ .form.name }} (${{ .form.id_number }})", shop: "${{ .form.shop }}"}}
    result: {{type: object, properties: {{no: {{type: string}}, card: {{type: string, x-personal: true, x-mask: account}}}}}}
  - id: second
    title: {TITLE}
    department: beta
    needs: [first]
    input: {{no: "${{ .steps.first.result.no }}"}}
"""
FORM = {"name": "張建國", "id_number": "441302196803150010", "shop": "Noodles"}
DEPARTMENTS = "departments:\n" + "".join(
    f'  - {{id: {name}, title: {TITLE}, source: true, offices: [{{region: "REGION"}}]}}\n' for name in ("alpha", "beta", "gamma"))
CLEAR = ("張建國", "441302196803150010", "6222021234567890")


def run_case():
    place = Place(["alpha", "beta"])
    place.publish(PERMIT)
    place.yjsd()
    place.department("alpha", lambda task: ("result", {"result": {"no": "N-1", "card": "6222021234567890"}}))
    place.department("beta", grant)
    case = place.submit("permit", FORM).body["case"]
    until(lambda: place.api("GET", f"/v1/cases/{case}").body["phase"] == "closed", 20)
    return place, case


def stream(place, case, token, events):
    request = urllib.request.Request(f"{place.url}/v1/cases/{case}/events", headers={"Authorization": f"Bearer {token}"})
    said = ""
    with urllib.request.urlopen(request, timeout=10) as reply:
        while said.count("\ndata: ") < events:
            said += reply.readline().decode()
    return said


def test_a_case_is_shown_masked_and_revealed_for_a_reason():
    place, case = run_case()
    alpha = place.token("department", "alpha")
    events = place.api("GET", f"/v1/cases/{case}/timeline", token="auditor").body["items"]
    shown = {"list": place.api("GET", "/v1/cases"), "case": place.api("GET", f"/v1/cases/{case}"),
             "task": place.api("GET", f"/v1/tasks/{case}:first:1"), "form": place.api("GET", f"/v1/cases/{case}/form", token="window")}
    texts = {name: reply.text for name, reply in shown.items()}
    for role in ("window", "operator", "auditor", "supervisor"):
        texts[f"timeline of {role}"] = place.api("GET", f"/v1/cases/{case}/timeline", token=role).text
    texts["stream"] = stream(place, case, place.token("auditor"), len(events))
    texts["yjsctl"] = place.ctl("case", "timeline", case, "--json", token=place.token("window"))
    for name, text in texts.items():
        assert text and not [value for value in CLEAR if value in text], (name, text)
    started = json.dumps([e["data"]["data"] for e in events if e["kind"] == "case_started"], ensure_ascii=False)
    assert json.loads(started) == [{"name": "張*", "id_number": "4413**********0010", "shop": "Noodles"}], started
    asked = [e["data"]["data"]["input"] for e in events if e["kind"] == "step_asked"][0]
    assert asked == {"who": "張*", "about": "shop of 張* (4413**********0010)", "shop": "Noodles"}, asked
    ended = [e["data"]["data"] for e in events if e["kind"] == "step_ended"][0]
    assert ended == {"no": "N-1", "card": "************7890"}, ended
    # the department reads what it was given, and nothing of others
    task = place.api("GET", f"/v1/tasks/{case}:first:1", token=alpha)
    assert task.body["asked"]["data"]["data"]["input"]["who"] == "張建國", task
    assert place.api("GET", f"/v1/cases/{case}/form", token=alpha).status == 403
    form = shown["form"].body
    assert form["form"] == {"name": "張*", "id_number": "4413**********0010", "shop": "Noodles"}, form
    assert [(f["pointer"], f["value"], f["title"]["zh-Hant"]) for f in form["fields"]] == [
        ("/name", "張*", "姓名"), ("/id_number", "4413**********0010", "證件號碼")], form
    # the reveal
    def reveal(body, token="window"):
        return place.api("POST", f"/v1/cases/{case}/reveal", body, token=token)
    assert reveal({"fields": "all"}).status == 422 and reveal({"fields": ["/shop"], "reason": "x"}).body["code"] == "field_unknown"
    assert reveal({"fields": "all", "reason": "x"}, alpha).status == 403 and reveal({"fields": [], "reason": "x"}).status == 422
    assert place.rows("SELECT * FROM access") == []
    one = reveal({"fields": ["/id_number"], "reason": "the applicant asks at the counter"})
    assert one.status == 200 and [f["value"] for f in one.body["fields"]] == ["441302196803150010"], one
    everything = reveal({"fields": "all", "reason": "audit"}, "auditor")
    assert [f["value"] for f in everything.body["fields"]] == ["張建國", "441302196803150010"], everything
    rows = place.rows("SELECT who, role, what, case_id, subject, reason FROM access ORDER BY id")
    assert rows == [
        {"who": "window-x", "role": "window", "what": "reveal", "case_id": case, "subject": '["/id_number"]', "reason": "the applicant asks at the counter"},
        {"who": "auditor-x", "role": "auditor", "what": "reveal", "case_id": case, "subject": "all", "reason": "audit"}], rows


def test_the_ledger_tells_who_was_given_what_and_who_looked():
    place, case = run_case()
    place.api("POST", f"/v1/cases/{case}/reveal", {"fields": ["/name"], "reason": "at the counter"}, token="window")
    ledger = place.api("GET", f"/v1/cases/{case}/disclosures?language=en", token="auditor")
    assert ledger.status == 200, ledger
    first, second = ledger.body["given"]
    assert (first["department"], first["step"], first["what"]) == ("alpha", "first", "task"), first
    assert first["basis"] == {"kind": "duty", "law": "食品安全法 35"}, first
    assert first["fields"] == [{"field": "name", "title": "Name", "personal": True}, {"field": "id_number", "title": "Identity number", "personal": True},
                               {"field": "shop", "title": "shop", "personal": False}], first
    assert (second["department"], second["fields"], second["results"]) == ("beta", [], [{"result": "/steps/first/result/no", "title": "Permit / no"}]), second
    assert second["basis"] == {"kind": "duty", "law": None}, second
    rows = place.rows(f"SELECT step, department, item, fields, materials FROM disclosure WHERE case_id = '{case}' ORDER BY at")
    assert rows == [{"step": "first", "department": "alpha", "item": "licence", "fields": ["about", "shop", "who"], "materials": None},
                    {"step": "second", "department": "beta", "item": None, "fields": ["no"], "materials": None}], rows
    seen = [(s["what"], s["who"], s["subject"], s["reason"]) for s in ledger.body["seen"]]
    assert seen == [("reveal", "window-x", '["/name"]', "at the counter")], seen
    assert not [value for value in CLEAR if value in ledger.text], ledger
    told = place.ctl("--language", "zh-Hant", "case", "disclosures", case, token=place.token("window"))
    for words in ("您的資料交給了", "依據: 法定職責，食品安全法 35", "資料項: 姓名、證件號碼", "明文查閱", "at the counter"):
        assert words in told, told
    assert place.api("GET", f"/v1/cases/{case}/disclosures", token=place.token("department", "alpha")).status == 403
    assert place.api("GET", "/v1/cases/nothing/disclosures").body["code"] == "case_unknown"
    # a number that the form did not have was given to nobody
    bare = place.submit("permit", {"shop": "Rice"}).body["case"]
    until(lambda: len(place.api("GET", f"/v1/cases/{bare}/disclosures").body["given"]) == 2, 20)
    assert [f["field"] for f in place.api("GET", f"/v1/cases/{bare}/disclosures").body["given"][0]["fields"]] == ["shop"]


def test_a_correction_reaches_its_department_as_far_as_its_step_reads_it():
    place = Place(DEPARTMENTS)
    place.publish(PERMIT)
    place.yjsd()
    alpha, _ = place.department("alpha", lambda task: None), place.department("beta", grant)
    case = place.submit("permit", FORM).body["case"]
    task = until(lambda: alpha.of(case, "first"), 20)[0]
    alpha.give(task, ("correction", {"reasons": [{"what": "name", "why": "as on the card"}]}))
    until(lambda: place.events(case, "answer_noted"), 20)
    materials = [{"id": "photo", "digest": "sm3:" + "0" * 64, "uri": "/v1/materials/x", "size": 1, "media_type": "image/png"}]
    reply = place.api("POST", f"/v1/cases/{case}/correction", headers={"Prefer": "wait=10"},
                      body={"step": "first", "form": {"shop": "Rice", "debts": "much"}, "materials": materials})
    assert reply.status == 200, reply
    sent = until(lambda: alpha.of(case, "first", kind="correction_answer"), 20)[0]
    assert sent["data"]["correction"] == {"form": {"shop": "Rice"}, "materials": []}, sent
    own = [e for e in place.api("GET", f"/v1/cases/{case}/timeline", token=place.token("department", "alpha")).body["items"] if e["kind"] == "correction_sent"]
    assert own[0]["data"]["data"] == {"form": {"shop": "Rice"}, "materials": []} and "extra" not in own[0]["data"], own
    told = place.api("GET", f"/v1/cases/{case}/disclosures").body["given"][-1]
    assert (told["what"], [f["field"] for f in told["fields"]], told["materials"]) == ("correction", ["shop"], []), told
    alpha.give(task, ("result", {"result": {"no": "N-1"}}))
    until(lambda: place.api("GET", f"/v1/cases/{case}").body["phase"] == "closed", 20)
    assert place.api("GET", f"/v1/cases/{case}/form").body["form"]["debts"] == "much"   # the case has all of it


def letter_of(place, number, token="operator", **options):
    reply = place.api("GET", f"/v1/dead-letters/{number}", token=token)
    return reply, base64.b64decode(reply.body["value"]).decode() if reply.body["value"] else None


def test_dead_letters_and_incidents_are_masked_until_they_are_revealed():
    place = Place(["alpha", "beta"])
    place.publish(PERMIT)
    place.yjsd()
    alpha, _ = place.department("alpha", lambda task: None), place.department("beta", grant)
    head = [("ce_specversion", "1.0"), ("ce_source", "portal")]
    intake = lambda ident, body: place.hand.put_raw(f"{place.region}.intake.v1", body.encode(), head + [("ce_id", ident), ("ce_type", "application")], ident)
    application = {"thing": "permit", "number": "A-1", "form": {**FORM, "shop": 7}, "extra": {"parties": {"owner": {"name": "張建國", "phone": "13800000001"}}}}
    bodies = [application, {**application, "thing": "nothing", "number": "A-2"}, None]
    for i, body in enumerate(bodies):
        intake(f"A-{i + 1}", json.dumps(body, ensure_ascii=False) if body else "張建國 441302196803150010 is no JSON")
        until(lambda: len(place.dead()) == i + 1, 20, why="it is no dead letter")
    case = place.submit("permit", FORM).body["case"]
    task = until(lambda: alpha.of(case, "first"), 20)[0]
    alpha.give(task, ("result", {"result": {"no": 7, "card": "6222021234567890", "of": "張建國"}}))
    until(lambda: len(place.dead()) == 4, 20, why="a result that is not as its schema says is no dead letter")
    numbers = [r["id"] for r in place.rows("SELECT id FROM dead_letter ORDER BY id")]
    for number in numbers:
        for token in ("operator", "auditor"):
            reply, value = letter_of(place, number, token)
            assert reply.body["masked"] is True and not any(c in reply.text + (value or "") for c in CLEAR + ("13800000001",)), (reply, value)
    shown = [json.loads(letter_of(place, n)[1]) if n != numbers[2] else letter_of(place, n)[1] for n in numbers]
    assert shown[0]["form"] == {"name": "張*", "id_number": "4413**********0010", "shop": 7} and shown[0]["thing"] == "permit", shown[0]
    assert shown[1]["form"]["shop"] == "***" and shown[1]["number"] == "A-2", shown[1]   # no definition: nothing can be told apart
    assert shown[2] is None and shown[3]["result"] == {"no": 7, "card": "************7890", "of": "張*"}, shown
    listed = place.api("GET", "/v1/dead-letters", token="supervisor").text
    assert not any(c in listed for c in CLEAR), listed
    assert place.api("POST", f"/v1/dead-letters/{numbers[0]}/reveal", {"reason": "x"}, token="supervisor").status == 403
    assert place.api("POST", f"/v1/dead-letters/{numbers[0]}/reveal", {}).status == 422
    clear = place.api("POST", f"/v1/dead-letters/{numbers[0]}/reveal", {"reason": "the portal asks"}).body
    assert json.loads(base64.b64decode(clear["value"])) == application, clear
    assert place.rows("SELECT who, subject, reason FROM access WHERE what = 'dead_letter'") == [
        {"who": "operator-x", "subject": str(numbers[0]), "reason": "the portal asks"}]
    assert "張建國" in base64.b64decode(json.loads(place.ctl("dead", "show", numbers[3], "--reason", "to mend it", "--json"))["value"]).decode()
    place.sql(f"INSERT INTO incident (id, case_id, step, index, shard, code, message, opened_at) VALUES ('i-1', '{case}', 'first', -1, 0, 'stuck', "
              "'no office for 張建國 of 441302196803150010, call 13912345678', now())")
    for reply in (place.api("GET", "/v1/incidents", token="supervisor"), place.api("GET", "/v1/incidents/i-1")):
        assert "no office for 張* of 4413**********0010, call 139****5678" in reply.text, reply


LOOKS = f"""
thing: looks
title: {TITLE}
form: {{type: object, properties: {{unit: {{type: string}}}}}}
materials:
  - {{id: deed, title: {TITLE}, from: {{lookup: gamma, basis: separate_consent, input: {{unit: "${{ .form.unit }}"}}}}}}
steps:
  - {{id: first, title: {TITLE}, department: alpha}}
  - {{id: second, title: {TITLE}, department: beta, needs: [first], materials: [deed]}}
"""


def test_a_consent_that_is_withdrawn_is_not_used_any_more():
    place = Place(DEPARTMENTS)
    place.publish(LOOKS)
    place.publish(PERMIT)
    place.yjsd()
    alpha, beta, gamma = (place.department(name, answer) for name, answer in (("alpha", lambda task: None), ("beta", grant), ("gamma", grant)))
    case = place.submit("looks", {"unit": "U-1"}).body["case"]
    task = until(lambda: alpha.of(case, "first"), 20)[0]
    assert "consent_withdrawn" not in place.ctl("case", "disclosures", case)
    place.ctl("case", "consent", case, "--withdraw", "--reason", "I bring it myself", token=place.token("window"))
    alpha.give(task, ("result", {"result": {}}))
    until(lambda: place.api("GET", f"/v1/cases/{case}").body["phase"] == "closed", 20)
    assert gamma.tasks == {} and beta.of(case, "second")[0]["data"]["materials"] == [], gamma.tasks
    ledger = place.api("GET", f"/v1/cases/{case}/disclosures").body
    assert [g["department"] for g in ledger["given"]] == ["alpha", "beta"], ledger
    assert [(w["by"], w["person"], w["word"], w["reason"]) for w in ledger["consents"]] == [("window-x", None, "withdrawn", "I bring it myself")], ledger
    kept = place.submit("looks", {"unit": "U-2"}, extra={"consent": {"gamma": True}}).body["case"]
    alpha.give(until(lambda: alpha.of(kept, "first"), 20)[0], ("result", {"result": {}}))
    until(lambda: place.api("GET", f"/v1/cases/{kept}").body["phase"] == "closed", 20)
    fetched = place.api("GET", f"/v1/cases/{kept}/disclosures").body["given"][1]
    assert (fetched["department"], fetched["what"], fetched["basis"]) == ("gamma", "lookup", {"kind": "separate_consent"}), fetched
    duty = place.submit("permit", FORM).body["case"]
    refused = place.api("POST", f"/v1/cases/{duty}/consent/withdraw", {}, headers={"Prefer": "wait=10"})
    assert refused.body["code"] == "unknown_signal", refused


if __name__ == "__main__":
    need_servers()
    main(sys.modules[__name__], end_all)

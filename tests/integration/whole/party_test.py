"""Parties of a case: each person and agent enters by his own query code, sees what is his, signs, corrects, withdraws as far as
he may; and nobody guesses a code."""
import base64
import sys

from simple import TITLE, step, thing
from base import main, need_servers, until
from place import Place, end_all

SALE = thing("sale", f"  - {{id: signing, kind: wait, title: {TITLE}, wait: {{signed: [seller, buyer]}}}}\n" +
             step("file", ["signing"], department="registry", item="deed")) + f"""
promise: 10 workdays
parties:
  - {{id: seller, title: {{zh-Hant: 賣方, zh-Hans: 卖方, en: Seller}}, many: true, signs: true, agent: allowed, withdraws: false}}
  - {{id: buyer, title: {{zh-Hant: 買方, zh-Hans: 买方, en: Buyer}}, signs: true}}
items:
  - {{id: deed, title: {TITLE}, department: registry, promise: 5 workdays, statute: 20 workdays, basis: 某條例}}
"""
AGENT = {"name": "王代辦", "authority": {"basis": "公證委託書 2026-1", "scope": ["sign"], "until": "2099-12-31"}}
PARTIES = {"seller": [{"name": "張建國", "phone": "13800000001", "agent": AGENT}, {"name": "李秀英"}],
           "buyer": {"name": "陈思远", "consent": {"e_licence": True}}}


class Sale:
    def __init__(self):
        self.place = Place(["registry"])
        self.place.publish(SALE)
        self.place.yjsd()
        self.registry = self.place.department("registry", lambda task: None)
        reply = self.place.submit("sale", {}, extra={"parties": PARTIES}, token="window")
        assert reply.status == 201, reply
        self.case, self.codes = reply.body["case"], {c["person"]: c["code"] for c in reply.body["codes"]}

    def as_(self, person, method, path, body=None, code=None, headers=None):
        basic = base64.b64encode(f"{self.case}:{code or self.codes[person]}".encode()).decode()
        return self.place.api(method, f"/v1/cases/{self.case}{path}", body, token=None,
                              headers={"Authorization": f"Basic {basic}", "Prefer": "wait=10", **(headers or {})})


def test_each_person_signs_by_his_own_code_and_the_case_goes_on():
    s = Sale()
    assert sorted(s.codes) == ["buyer.0", "seller.0", "seller.0.agent", "seller.1"], s.codes
    assert len(set(s.codes.values())) == 4 and all(len(c) == 8 and c.isdigit() for c in s.codes.values()), s.codes
    stored = s.place.sql("SELECT string_agg(hash || salt, ' ') FROM party_code")
    assert not any(code in stored for code in s.codes.values())
    view = s.as_("buyer.0", "GET", "/progress").body
    assert [(p["person"], p["name"], p["signed"]) for p in view["parties"]] == [
        ("seller.0", "張*", False), ("seller.0.agent", "王*", None), ("seller.1", "李*", False), ("buyer.0", "陈*", False)], view
    assert (view["id"], view["thing"], view["phase"], view["outcome"], view["rated"]) == (s.case, "sale", "running", "none", False) and view["started_at"], view
    assert view["you"]["person"] == "buyer.0" and view["you"]["may"] == ["sign", "correct", "withdraw", "rate", "consent"], view["you"]
    assert view["you"]["consent"] == {"e_licence": True} and [t["whose"] for t in view["turns"]] == ["signers"], view
    assert "張建國" not in str(view) and "13800000001" not in str(view) and view["status"]["zh-Hant"], view
    assert s.as_("buyer.0", "POST", "/signature", {"person": "seller.0"}).body["code"] == "act_forbidden"
    for person in ("buyer.0", "seller.0.agent", "seller.1"):
        reply = s.as_(person, "POST", "/signature", {})
        assert reply.status == 200, reply
    task = until(lambda: (s.registry.of(s.case, "file") or [None])[0], why="all have signed, and nothing goes on")
    who = [e["data"]["actor"] for e in s.place.events(s.case, "signal_noted")]
    assert who == ["buyer.0", "seller.0.agent", "seller.1"], who
    s.registry.give(task, ("accepted", {}), ("correction", {"reasons": [{"what": "a", "why": "b"}]}))
    turn = until(lambda: [t for t in s.as_("seller.1", "GET", "/progress").body["turns"] if t["whose"] == "applicant"], why="no turn")[0]
    assert (turn["step"], turn["asked"]) == ("file", [{"what": "a", "why": "b"}]) and turn["since"], turn
    assert s.as_("seller.1", "POST", "/correction", {"step": "file", "form": {}}).status == 200
    until(lambda: [t["whose"] for t in s.as_("seller.1", "GET", "/progress").body["turns"]] == ["department"], why="still the applicant's turn")
    words = [e["status"]["zh-Hant"] for e in s.as_("seller.1", "GET", "/history").body["items"] if "status" in e]
    assert words[0] == "申辦" and "受理" in words and any("告知" in w for w in words), words
    s.registry.give(task, ("result", {"result": {}}))
    s.place.closed(s.case, "granted")
    assert s.as_("buyer.0", "POST", "/rating", {"level": 5}).status == 200


def test_a_person_changes_how_he_is_reached_and_the_window_anybodys_and_the_journal_says_who():
    s = Sale()
    assert s.as_("seller.0", "POST", "/contact", {"person": "seller.1", "phone": "13900000009"}).body["code"] == "act_forbidden"
    for bad in ({}, {"phone": "call me"}, {"email": "a@b@c"}, {"email": "a@b.cn\r\nBcc: c@d.cn"}, {"language": "fr"}, {"name": "王"}):
        assert s.as_("seller.0", "POST", "/contact", bad).status == 422, bad
    changed = s.as_("seller.0", "POST", "/contact", {"phone": "+86 139-0000-0009"})
    assert changed.status == 200, changed
    again = s.as_("seller.0", "POST", "/contact", {"phone": "+86 139-0000-0009"})
    assert again.status == 200 and len(s.place.events(s.case, "contact_changed")) == 1, again
    s.place.ctl("case", "contact", s.case, "seller.1", "--phone", "13700000007", "--language", "en", token=s.place.token("window"))
    by = [(e["data"]["actor"], e["data"]["data"]["changed"]) for e in s.place.events(s.case, "contact_changed")]
    assert by == [("seller.0", ["phone"]), ("window-x", ["phone", "language"])], by
    shown = str([e for e in s.place.api("GET", f"/v1/cases/{s.case}/timeline?limit=200").body["items"] if e["kind"] == "contact_changed"])
    assert "13700000007" not in shown and "0000-0009" not in shown and "13800000001" not in shown, shown
    told = s.place.ctl("case", "timeline", s.case)
    assert "person=seller.0 changed=phone" in told and "person=seller.1 changed=phone changed=language actor=window-x" in told, told
    you = s.as_("seller.1", "GET", "/progress").body["you"]
    assert (you["phone"], you["language"], you["email"]) == ("137****0007", "en", None), you
    assert s.place.api("POST", f"/v1/cases/{s.case}/contact", {"person": "buyer.1", "phone": "139"}, token="window",
                       headers={"Prefer": "wait=10"}).body["code"] == "person_unknown"


def test_nobody_does_what_he_may_not_and_sees_no_other_case():
    s = Sale()
    other = s.place.submit("sale", {}, extra={"parties": PARTIES}, token="window").body["case"]
    basic = base64.b64encode(f"{s.case}:{s.codes['buyer.0']}".encode()).decode()
    for path in (f"/v1/cases/{other}/progress", f"/v1/cases/{other}/history"):
        assert s.place.api("GET", path, token=None, headers={"Authorization": f"Basic {basic}"}).status == 404, path
    for path in (f"/v1/cases/{s.case}", f"/v1/cases/{s.case}/timeline", "/v1/cases", "/v1/tokens"):
        assert s.place.api("GET", path, token=None, headers={"Authorization": f"Basic {basic}"}).status == 401, path
    for person, why in (("seller.0", "withdrawn by all parties together"), ("seller.0.agent", "does not cover it")):
        reply = s.as_(person, "POST", "/withdraw", {})
        assert reply.status == 403 and reply.body["code"] == "act_forbidden" and why in reply.body["detail"], reply
    key = {"Idempotency-Key": "one"}   # one person's key is no other's
    assert s.as_("seller.1", "POST", "/signature", {}, headers=key).status == 200
    reply = s.as_("buyer.0", "POST", "/signature", {}, headers=key)
    assert reply.status == 200 and not reply.headers.get("Idempotency-Replayed"), reply
    assert s.as_("buyer.0", "POST", "/withdraw", {"reason": "反悔"}).status == 200
    s.place.closed(s.case, "withdrawn")


def test_a_code_is_not_guessed_and_the_window_gives_a_new_one():
    s = Sale()
    wrong = f"{(int(s.codes['buyer.0']) + 1) % 10 ** 8:08d}"
    answers = [s.as_("buyer.0", "GET", "/progress", code=wrong) for _ in range(11)]
    assert [a.status for a in answers] == [401] * 10 + [429], [a.status for a in answers]
    assert answers[0].body["code"] == "code_wrong" and int(answers[-1].headers["Retry-After"]) > 600, answers[-1]
    assert s.as_("buyer.0", "GET", "/progress").status == 429, "a right code while the case is blocked"
    assert s.place.api("POST", f"/v1/cases/{s.case}/codes", {"person": "nobody.0"}, token="window").body["code"] == "person_unknown"
    assert s.place.api("POST", f"/v1/cases/{s.case}/codes", {}, token="operator").status == 403
    made = s.place.api("POST", f"/v1/cases/{s.case}/codes", {"person": "buyer.0"}, token="window")
    assert made.status == 201 and [c["person"] for c in made.body["codes"]] == ["buyer.0"], made
    assert s.as_("buyer.0", "GET", "/progress").status == 401, "the old code has ended"
    assert s.as_("buyer.0", "GET", "/progress", code=made.body["codes"][0]["code"]).status == 200
    assert s.as_("seller.1", "GET", "/progress").status == 200
    missing = base64.b64encode(b"449000202601010000001:12345678").decode()
    spray = [s.place.api("GET", "/v1/cases/449000202601010000001/progress", token=None, headers={"Authorization": f"Basic {missing}"}).status
             for _ in range(30)]
    assert spray[0] == 401 and spray[-1] == 429, "one address may try many cases"


def test_parties_are_as_the_definition_wants_them():
    s = Sale()
    person = {"name": "張"}
    for parties, why in (({"seller": [person]}, "nobody is named who could sign"), ({"heir": person}, "no such party"),
                         ({"seller": [person], "buyer": [person, person]}, "this party is one person"),
                         ({"seller": [{"phone": "1"}], "buyer": person}, "a person has a name"),
                         ({"seller": [person], "buyer": dict(person, agent=AGENT)}, "nobody may act"),
                         ({"seller": [dict(person, agent={"name": "王"})], "buyer": person}, "whose basis is recorded"),
                         ({"seller": [dict(person, agent={"name": "王", "authority": {"basis": "b", "scope": ["eat"]}})], "buyer": person}, "scope has")):
        reply = s.place.submit("sale", {}, extra={"parties": parties}, token="window")
        assert reply.status == 422 and reply.body["code"] == "party_invalid" and why in reply.body["detail"], (parties, reply)


if __name__ == "__main__":
    need_servers()
    main(sys.modules[__name__], end_all)

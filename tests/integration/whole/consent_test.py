"""Consents: each person gives, refuses and withdraws the own one by query code; sub-cases hear of it; and the ledger tells the
parties themselves who was given what and what was said."""
import base64
import sys

from simple import TITLE, grant
from base import main, need_servers, until
from place import Place, end_all

SEARCH = f"""
thing: search
title: {TITLE}
form: {{type: object}}
parties:
  - {{id: seller, title: {TITLE}, many: true, agent: allowed}}
  - {{id: buyer, title: {TITLE}}}
steps:
  - {{id: begin, title: {TITLE}, department: beta}}
  - {{id: deed, title: {TITLE}, needs: [begin], kind: lookup, on_refused: continue, lookup: {{source: gamma, basis: consent, of: [seller]}}}}
  - {{id: taxes, title: {TITLE}, needs: [begin], kind: lookup, lookup: {{source: delta, basis: 稅收徵收管理法 6}}}}
"""
SALE = f"""
thing: sale
title: {TITLE}
form: {{type: object}}
parties:
  - {{id: seller, title: {TITLE}, many: true, agent: allowed}}
  - {{id: buyer, title: {TITLE}}}
materials:
  - {{id: card, title: {TITLE}, from: {{lookup: gamma, basis: separate_consent}}}}
steps:
  - {{id: sub, title: {TITLE}, kind: thing, thing: {{name: search, form: {{}}}}}}
  - {{id: first, title: {TITLE}, department: alpha}}
  - {{id: again, title: {TITLE}, needs: [first], kind: thing, thing: {{name: search, form: {{}}}}}}
"""
DEPARTMENTS = "departments:\n" + "".join(
    f'  - {{id: {name}, title: {TITLE}, source: true, offices: [{{region: "REGION"}}]}}\n' for name in ("alpha", "beta", "gamma", "delta"))
AGENT = {"name": "王代辦", "authority": {"basis": "公證委託書 2026-1", "scope": ["sign"]}}
PARTIES = {"seller": [{"name": "張建國", "agent": AGENT}, {"name": "李秀英"}], "buyer": {"name": "陈思远", "consent": {"gamma": False}}}


class Sale:
    def __init__(self):
        self.place = Place(DEPARTMENTS)
        self.place.publish(SEARCH)
        self.place.publish(SALE)
        self.place.yjsd()
        answers = {"alpha": lambda task: None, "beta": lambda task: None, "gamma": grant, "delta": grant}
        for name, answer in answers.items():
            setattr(self, name, self.place.department(name, answer))
        reply = self.place.submit("sale", {}, extra={"parties": PARTIES}, token="window")
        assert reply.status == 201, reply
        self.case, self.codes = reply.body["case"], {c["person"]: c["code"] for c in reply.body["codes"]}

    def as_(self, person, method, path, body=None):
        basic = base64.b64encode(f"{self.case}:{self.codes[person]}".encode()).decode()
        return self.place.api(method, f"/v1/cases/{self.case}{path}", body, token=None,
                              headers={"Authorization": f"Basic {basic}", "Prefer": "wait=10"})

    def begin_of(self, sub):
        return until(lambda: self.beta.of(f"{self.case}/{sub}.0", "begin"), 20, why=f"{sub} does not begin")[0]

    def gamma_asked(self):
        return sorted({task["caseid"] for task in self.gamma.tasks.values()})


def test_one_person_withdraws_and_sub_cases_that_run_and_that_come_later_hear_of_it():
    s = Sale()
    began = s.begin_of("sub")
    task = until(lambda: s.alpha.of(s.case, "first"), 20)[0]
    mine = s.as_("seller.1", "GET", "/progress").body["you"]
    words = [(c["source"], c["basis"], c["word"], c["at"], c["asked_at"]) for c in mine["consents"]]
    assert words == [("gamma", "consent", "given", None, None), ("gamma", "separate_consent", None, None, None)], ("the sub-case's, too", mine)
    assert mine["consents"][0]["for"] == [{"zh-Hant": "許可", "zh-Hans": "许可", "en": "Permit"}], mine
    assert "consent" in mine["may"], mine
    assert s.as_("buyer.0", "GET", "/progress").body["you"]["consents"][0]["word"] == "refused"
    reply = s.as_("seller.1", "POST", "/consent", {"word": "withdrawn", "reason": "I bring the deed myself"})
    assert reply.status == 200, reply
    assert s.as_("seller.1", "GET", "/progress").body["you"]["consents"][0]["word"] == "withdrawn"
    told = until(lambda: s.place.events(f"{s.case}/sub.0", "signal_noted"), 10, why="the sub-case was not told")
    assert (told[0]["data"]["id"], told[0]["data"]["actor"]) == ("consent.seller.1", "seller.1"), told
    s.beta.give(began, ("result", {"result": {}}))
    s.alpha.give(task, ("result", {"result": {}}))
    s.beta.give(s.begin_of("again"), ("result", {"result": {}}))
    until(lambda: s.place.api("GET", f"/v1/cases/{s.case}").body["phase"] == "closed", 20)
    assert s.gamma.tasks == {}, s.gamma.tasks
    for sub in ("sub", "again"):
        steps = {x["step"]: x for x in s.place.api("GET", f"/v1/cases/{s.case}%2F{sub}.0").body["steps"]}
        assert (steps["deed"]["state"], steps["deed"]["reason"], steps["taxes"]["state"]) == ("refused", "consent_withdrawn", "granted"), steps
    ledger = s.as_("seller.1", "GET", "/disclosures").body
    assert [(c["case"], c["person"], c["word"], c["by"]) for c in ledger["consents"]] == [
        (s.case, "buyer.0", "refused", None), (s.case, "seller.1", "withdrawn", "seller.1"), (f"{s.case}/sub.0", "seller.1", "withdrawn", "seller.1")], ledger["consents"]
    assert "gamma" not in [g["department"] for g in ledger["given"]] and "delta" in [g["department"] for g in ledger["given"]], ledger
    said = s.place.ctl("case", "disclosures", s.case, "--language", "en")
    assert "buyer.0  refused  gamma  (in the application)" in said, said
    assert "seller.1  withdrawn  everything  I bring the deed myself" in said, said


def test_what_is_nobodys_consent_is_not_refused_and_nobody_speaks_for_another():
    s = Sale()
    s.begin_of("sub")
    for person, body, code in (("seller.0", {"word": "refused", "source": "delta"}, "consent_not_asked"),
                               ("seller.0", {"word": "perhaps"}, "consent_word_bad"),
                               ("seller.0", {"word": "refused", "person": "seller.1"}, "act_forbidden"),
                               ("seller.0.agent", {"word": "refused"}, "act_forbidden")):
        reply = s.as_(person, "POST", "/consent", body)
        assert reply.body["code"] == code, (person, body, reply)
    nobody = s.place.api("POST", f"/v1/cases/{s.case}/consent", {"word": "refused"}, token="window")
    assert nobody.body["code"] == "body_invalid" and nobody.body["faults"][0]["pointer"] == "/person", nobody
    unknown = s.place.api("POST", f"/v1/cases/{s.case}/consent", {"word": "refused", "person": "seller.7"}, token="window", headers={"Prefer": "wait=10"})
    assert unknown.body["code"] == "person_unknown", unknown
    assert s.place.events(s.case, "signal_noted") == []
    out = s.place.ctl("case", "consent", s.case, "--refuse", "--person", "seller.0", "--source", "gamma", token=s.place.token("window"))
    assert s.place.events(s.case, "signal_noted")[0]["data"]["data"] == {"word": "refused", "person": "seller.0", "source": "gamma"}, out
    s.place.ctl("case", "consent", s.case, "--give", "--person", "seller.0", "--source", "gamma", token=s.place.token("window"))
    words = [c["word"] for c in s.as_("seller.0", "GET", "/progress").body["you"]["consents"]]
    assert words == ["given", "given"], words
    s.as_("seller.0", "POST", "/consent", {"word": "given"})
    assert s.as_("seller.1", "POST", "/consent", {"word": "given"}).status == 200
    words = [c["word"] for c in s.as_("seller.1", "GET", "/progress").body["you"]["consents"]]
    assert words == ["given", None], ("about everything: no separate consent", words)
    s.beta.give(s.begin_of("sub"), ("result", {"result": {}}))
    until(lambda: s.gamma_asked() == [f"{s.case}/sub.0"], 20, why="what was given again is not asked")
    until(lambda: s.as_("seller.0", "GET", "/progress").body["you"]["consents"][0]["asked_at"], 10, why="what was looked up is not told")


def test_a_case_that_names_nobody_is_told_what_its_application_said():
    s = Sale()
    place = s.place
    place.publish(SEARCH.replace("search", "alone").split("parties:")[0] + """steps:
  - {id: deed, title: %s, kind: lookup, on_refused: continue, lookup: {source: gamma, basis: separate_consent}}
  - {id: debts, title: %s, kind: lookup, on_refused: continue, lookup: {source: delta, basis: consent}}
""" % (TITLE, TITLE))
    for consent, words in ((None, [("delta", "given"), ("gamma", None)]), (False, [("delta", "refused"), ("gamma", "refused")]),
                           ({"gamma": True, "*": False}, [("delta", "refused"), ("gamma", "given")])):
        s.case = place.submit("alone", {}, extra={"consent": consent} if consent is not None else None, token="window").body["case"]
        codes = place.api("POST", f"/v1/cases/{s.case}/codes", {}, token="window").body["codes"]
        s.codes = {c["person"]: c["code"] for c in codes}
        you = s.as_("applicant", "GET", "/progress").body["you"]
        assert [(c["source"], c["word"]) for c in you["consents"]] == words, (consent, you)


def test_a_party_that_is_called_applicant_is_a_person_like_any_other():
    s = Sale()
    s.place.publish(SEARCH.replace("search", "named").split("parties:")[0] + """parties:
  - {id: applicant, title: %s}
  - {id: heir, title: %s}
steps:
  - {id: deed, title: %s, kind: lookup, on_refused: continue, lookup: {source: gamma, basis: consent, of: [heir]}}
  - {id: debts, title: %s, kind: lookup, on_refused: continue, lookup: {source: delta, basis: consent, of: [applicant]}}
""" % (TITLE, TITLE, TITLE, TITLE))
    parties = {"applicant": {"name": "張建國", "consent": False}, "heir": {"name": "李秀英"}}
    reply = s.place.submit("named", {}, extra={"parties": parties}, token="window").body
    s.case, s.codes = reply["case"], {c["person"]: c["code"] for c in reply["codes"]}
    for person, words in (("applicant.0", [("delta", "refused")]), ("heir.0", [("gamma", "given")])):
        you = s.as_(person, "GET", "/progress").body["you"]
        assert [(c["source"], c["word"]) for c in you["consents"]] == words, you


def test_who_looked_is_told_without_the_name_of_who_works_there():
    s = Sale()
    s.place.api("GET", f"/v1/cases/{s.case}/form", token="window")
    s.place.sql(f"INSERT INTO access (who, role, department, what, case_id, subject, reason) VALUES ('ms-li', 'window', NULL, 'reveal', '{s.case}', 'all', 'asked')")
    seen = s.as_("buyer.0", "GET", "/disclosures").body["seen"]
    assert [(x["role"], x["reason"], "who" in x) for x in seen] == [("window", "asked", False)], seen
    assert s.place.api("GET", f"/v1/cases/{s.case}/disclosures").body["seen"][0]["who"] == "ms-li"


if __name__ == "__main__":
    need_servers()
    main(sys.modules[__name__], end_all)

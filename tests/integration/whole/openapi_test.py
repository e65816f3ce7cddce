"""What a running daemon answers is what schemas/openapi.yaml says: every operation that can be asked, with its refusals."""
import json
import subprocess
import sys
import urllib.parse

from simple import PERMIT, grant, step, thing
from base import BUILD, ROOT, main, need_servers, until
from kafka import answer_headers
from place import Place, end_all


class Asker:
    """Asks a place, and keeps what it answered by the path as the file has it."""

    def __init__(self, place):
        self.place, self.lines = place, []

    def __call__(self, method, path, status=None, token="operator", query="", body=None, headers=None, **values):
        full = path
        for name, value in values.items():
            full = full.replace("{" + name + "}", urllib.parse.quote(str(value), safe=""))
        assert "{" not in full, full
        reply = self.place.api(method, full + query, body, token=token, headers=headers)
        self.lines.append({"method": method, "path": path, "status": reply.status, "type": reply.headers.get("Content-Type", ""),
                           "body": reply.text})
        assert status is None or reply.status == status, (method, full, reply)
        return reply

    def hold(self):
        done = subprocess.run(["bash", f"{ROOT}/tests/web/openapi.sh", ROOT, BUILD, "--answers"], text=True, capture_output=True, timeout=200,
                              input="".join(json.dumps(line) + "\n" for line in self.lines))
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def lived_in():
    """A place with cases in every state, an incident, a dead letter, a token."""
    place = Place(["alpha", "beta", "gamma"])
    place.publish(PERMIT)
    place.publish(thing("stuck", step("first", department="gamma", retry="{attempts: 1}") + step("second", ["first"], department="beta")))
    place.publish(thing("silent", step("first", department="alpha") + step("second", ["first"], department="beta")))
    place.yjsd()
    place.department("alpha", grant)
    place.department("beta", lambda task: grant(task) if task["number"] != "OPEN-1" else None)
    place.department("gamma", lambda task: ("error", {"message": "the machine is broken", "retryable": True}))
    place.closed(place.start("permit", {"name": "王"}, number="DONE-1"), "granted")
    place.start("silent", {}, number="OPEN-1")
    place.start("stuck", {}, number="STUCK-1"), place.start("stuck", {}, number="STUCK-2")
    place.hand.put(place.topic("alpha", "result"), "NONE-1", answer_headers(place.region, "alpha", "NONE-1", "first", 1, "result"),
                   {"result": {"no": "1"}})
    place.reaches("OPEN-1", "second", "running"), place.reaches("STUCK-1", "first", "stuck"), place.reaches("STUCK-2", "first", "stuck")
    until(lambda: place.dead(), why="no dead letter")
    return place


def ask_lists(ask):
    for path in ("/v1/things", "/v1/cases", "/v1/tasks", "/v1/incidents", "/v1/notices", "/v1/dead-letters", "/v1/departments", "/v1/clocks",
                 "/v1/statistics", "/v1/shards"):
        ask("GET", path, 200)
    for path in ("/v1/cases", "/v1/tasks", "/v1/incidents", "/v1/notices", "/v1/dead-letters", "/v1/clocks"):
        ask("GET", path, 400, query="?cursor=junk&limit=-1")
        ask("GET", path, 400, query="?nothing=1")
        ask("GET", path, 200, query="?limit=1")
    ask("GET", "/v1/tokens", 200, token="admin")
    for path in ("/healthz", "/readyz", "/metrics"):
        ask("GET", path, 200, token=None)


def ask_one_of_each(ask, place):
    incident, letter = place.rows("SELECT id FROM incident WHERE case_id = 'STUCK-1'")[0]["id"], place.rows("SELECT id FROM dead_letter")[0]["id"]
    for tail in ("", "/versions", "/source"):
        ask("GET", "/v1/things/{thing}" + tail, 200, thing="permit")
        ask("GET", "/v1/things/{thing}" + tail, 404, thing="nothing")
    for case in ("DONE-1", "OPEN-1", "STUCK-1"):
        for tail in ("", "/timeline", "/clocks", "/figures", "/documents", "/progress", "/history", "/form", "/disclosures"):
            ask("GET", "/v1/cases/{case}" + tail, 200, case=case)
    for tail in ("", "/timeline", "/clocks", "/figures", "/events", "/progress"):
        ask("GET", "/v1/cases/{case}" + tail, 404, case="NOBODY")
    ask("GET", "/v1/incidents/{incident}", 200, incident=incident)
    ask("GET", "/v1/incidents/{incident}", 404, incident="x")
    ask("GET", "/v1/dead-letters/{dead}", 200, dead=letter)
    ask("POST", "/v1/dead-letters/{dead}/reveal", 200, dead=letter, body={"reason": "to mend it"})
    ask("GET", "/v1/tasks/{task}", 200, task="OPEN-1:second:1")
    ask("GET", "/v1/tasks/{task}", 404, task="x")
    ask("GET", "/v1/departments/{department}", 200, department="beta")
    ask("GET", "/v1/commands/{command}", 200, command=1)
    ask("GET", "/v1/calendar/{year}", 200, year=2026)
    ask("GET", "/v1/calendar/due", 200, query="?from=2026-02-13&limit=3%20workdays")
    ask("GET", "/v1/calendar/due", 400)
    ask("POST", "/v1/dead-letters/{dead}/redrive", 409, dead=letter, body={})
    ask("POST", "/v1/dead-letters/{dead}/discard", 200, dead=letter, body={"reason": "junk"})


def ask_commands(ask, place):
    wait = {"Prefer": "wait=10"}
    form = {"thing": "permit", "form": {"name": "李"}, "region": place.region}
    ask("POST", "/v1/cases", 202, body=form)
    ask("POST", "/v1/cases", 201, body=dict(form, number="NEW-1"), headers=wait)
    ask("POST", "/v1/cases", 200, body=dict(form, number="NEW-1"), headers=wait)
    conflict = ask("POST", "/v1/cases", 409, body=dict(form, number="NEW-1", form={"name": "陳", "age": 3}), headers=wait)
    assert "/form/age" in conflict.body["detail"] and "/form/name" in conflict.body["detail"], conflict
    for body, status in ((dict(form, form={"name": ""}), 422), ({}, 422), (dict(form, thing="nothing"), 404), (dict(form, region="x"), 422)):
        ask("POST", "/v1/cases", status, body=body, headers=wait)
    step_ = {"case": "STUCK-1", "step": "first"}
    ask("POST", "/v1/cases/{case}/steps/{step}/retry", 422, body={}, **step_)
    ask("POST", "/v1/cases/{case}/steps/{step}/reassign", 409, body={"reason": "x", "department": "nobody"}, headers=wait, **step_)
    ask("POST", "/v1/cases/{case}/steps/{step}/reassign", 422, body={"reason": "x", "region": "x"}, headers=wait, **step_)
    ask("POST", "/v1/cases/{case}/steps/{step}/skip", 200, body={"reason": "x"}, headers=wait, **step_)
    ask("POST", "/v1/incidents/bulk", 202, body={"action": "skip", "reason": "x", "filter": {"thing": "stuck"}}, headers=wait)
    ask("POST", "/v1/cases/{case}/withdraw", 200, body={"reason": "x"}, headers=wait, case="OPEN-1")
    ask("POST", "/v1/cases/{case}/rating", 200, body={"level": 5}, headers=wait, case="DONE-1")
    made = ask("POST", "/v1/tokens", 201, body={"role": "window", "name": "w"}, token="admin")
    assert made.body["secret"].startswith("yjs_")


def test_every_answer_is_as_the_openapi_file_says():
    place = lived_in()
    ask = Asker(place)
    ask_lists(ask)
    ask_one_of_each(ask, place)
    ask_commands(ask, place)
    print(ask.hold().strip())


if __name__ == "__main__":
    need_servers()
    main(sys.modules[__name__], end_all)

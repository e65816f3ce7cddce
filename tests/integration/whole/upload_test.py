"""Uploads: a party brings materials by its own code, so many and no others'; and a scanner or a bucket that takes its time stops
nobody else."""
import base64
import http.server
import json
import sys
import threading
import time

from material_test import PDF, PERMIT, files, fetch, grant, place_with, png, put, sm3
from base import main, need_servers, until
from clamd import Clamd
from place import Place, end_all


class Case:
    """A case whose department `a` asks for a correction."""

    def __init__(self, **settings):
        self.place = place_with(**settings)
        self.a, _ = self.place.department("a", lambda task: None), self.place.department("b", lambda task: None)
        plan = put(self.place, PDF).body["digest"]
        reply = self.place.submit("permit", {"name": "x"}, extra={"materials": [{"id": "plan", "digest": plan}]}, token="window")
        self.case = reply.body["case"]
        self.task = until(lambda: self.a.of(self.case, "a"), 20)[0]
        self.a.give(self.task, ("correction", {"reasons": [{"what": "plan", "why": "another page"}]}))
        until(lambda: self.place.events(self.case, "answer_noted"), 20)
        codes = self.place.api("POST", f"/v1/cases/{self.case}/codes", {}, token="window").body["codes"]
        self.basic = base64.b64encode(f"{self.case}:{codes[0]['code']}".encode()).decode()

    def api(self, method, path, body=None, case=None, **options):
        return self.place.api(method, f"/v1/cases/{case or self.case}{path}", body, token=None,
                              headers={"Authorization": f"Basic {self.basic}", "Prefer": "wait=10"}, **options)

    def upload(self, content, **options):
        return self.api("POST", "/uploads", raw=content, **options)


def test_a_party_uploads_what_its_correction_names():
    c = Case(materials_bytes="8KiB")
    page = PDF + b"% second page\n"
    kept = c.upload(page)
    assert kept.status == 201 and kept.body["digest"] == sm3(page) and kept.body["media_type"] == "application/pdf", kept
    assert "uploaded_by" not in kept.body and "Location" not in kept.headers, kept
    assert c.upload(page).status == 201
    done = c.api("POST", "/correction", {"step": "a", "materials": [{"id": "plan", "digest": sm3(page)}]})
    assert done.status == 200, done
    sent = until(lambda: c.a.of(c.case, "a", kind="correction_answer"), 20)[0]["data"]["correction"]
    assert [(m["id"], m["digest"], m["size"]) for m in sent["materials"]] == [("plan", sm3(page), len(page))], sent
    assert fetch(c.place, sm3(page), c.place.token("department", "a")).text.encode() == page
    photo = c.upload(png()).body["digest"]
    own = c.api("POST", "/materials", {"materials": [{"id": "photo", "digest": photo, "seen": "original"}]})
    assert (own.body["code"], own.body["faults"][0]["pointer"]) == ("body_invalid", "/materials/0/seen"), own
    assert c.api("POST", "/materials", {"materials": [{"id": "photo", "digest": photo}]}).status == 200
    assert c.place.rows("SELECT person, uploads FROM material_allowance") == [{"person": "applicant", "uploads": 2}]
    # nothing of this opens another door
    assert c.api("GET", "", ).status == 401 and fetch(c.place, photo, None).status == 401
    other = c.place.submit("permit", {"name": "y"}, extra={"materials": [{"id": "plan", "digest": sm3(page)}]}, token="window").body["case"]
    assert c.upload(PDF + b"%\n", case=other).status == 404
    assert put(c.place, PDF, token=None, headers={"Authorization": f"Basic {c.basic}"}).status == 401


def test_a_party_names_only_what_it_brought_and_no_paper():
    c = Case()
    secret = put(c.place, PDF + b"% somebody else's\n").body["digest"]
    for material in ({"id": "plan", "digest": secret}, {"id": "plan"}):
        refused = c.api("POST", "/correction", {"step": "a", "materials": [material]})
        assert (refused.status, refused.body["code"]) == (422, "material_not_kept"), refused
    assert c.place.api("POST", f"/v1/cases/{c.case}/correction", {"step": "a", "materials": [{"id": "plan", "digest": secret}]},
                       token="window", headers={"Prefer": "wait=10"}).status == 200


def test_uploads_of_a_party_are_bounded_in_size_and_number_also_at_once():
    c = Case(materials_bytes="8KiB", materials_uploads="3", materials_keepers="8")
    assert c.upload(PDF + b" " * 9000).body["code"] == "material_too_large"
    assert c.upload(b"no pdf").body["code"] == "material_type_refused"
    assert c.place.rows("SELECT uploads FROM material_allowance") == [{"uploads": 0}]   # what came to nothing is not counted
    replies = []
    threads = [threading.Thread(target=lambda i=i: replies.append(c.upload(PDF + b"%%%d\n" % i))) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    said = sorted(r.body.get("code", "kept") for r in replies)
    assert said == ["kept"] * 3 + ["uploads_most"] * 5, said
    assert len(files(c.place)) == 1 + 3, files(c.place)


def apply_by_topic(place, number, materials, partition=None):
    value = json.dumps({"thing": "permit", "number": number, "form": {"name": "x"}, "extra": {"trust": "A", "materials": materials}}).encode()
    headers = [("ce_specversion", "1.0"), ("ce_id", f"id-{number}"), ("ce_source", "portal"), ("ce_type", "application")]
    place.hand.put_raw(f"{place.region}.intake.v1", value, headers, number, partition)


def test_an_application_over_the_topic_is_held_against_the_store_as_one_over_http():
    place = place_with(materials_elsewhere="https://files.province.example/", http_url="https://one.example")
    a, _ = place.department("a", grant), place.department("b", grant)
    plan, photo, unknown = put(place, PDF).body["digest"], put(place, png()).body["digest"], "sm3:" + "0" * 64
    rows = (("kept nowhere", {"digest": unknown}, "/extra/materials/1/digest: is no material that was uploaded"),
            ("of another size", {"digest": plan, "size": 3}, f"/extra/materials/1/size: what was uploaded has {len(PDF)} bytes"),
            ("said to be another", {"digest": plan, "media_type": "image/png"}, "/extra/materials/1/media_type: what was uploaded is application/pdf"),
            ("of a type that the definition does not take", {"digest": photo},
             "/extra/materials/1/digest: what was uploaded is image/png; the definition takes application/pdf"))
    for i, (title, material, why) in enumerate(rows):
        apply_by_topic(place, f"BAD-{i}", [{"id": "photo", "digest": photo}, {"id": "plan", **material}])
        dead = until(lambda: [r for r in place.rows("SELECT code, message FROM dead_letter ORDER BY id")][i:], 20, why=title)
        assert dead == [{"code": "material_not_kept", "message": why}], (title, dead)
        assert place.api("GET", f"/v1/cases/BAD-{i}").status == 404, title
    for i in range(4):   # on any partition: some are carried to the shard of their number
        apply_by_topic(place, f"GOOD-{i}", [{"id": "plan", "digest": plan}, {"id": "photo"}], partition=i)
    wanted = {"id": "plan", "digest": plan, "uri": f"https://one.example/v1/materials/{plan}", "size": len(PDF), "media_type": "application/pdf"}
    for i in range(4):
        assert until(lambda: a.of(f"GOOD-{i}", "a"), 20)[0]["data"]["materials"] == [wanted], a.tasks
        assert place.rows(f"SELECT digest, material FROM material_use WHERE case_id = 'GOOD-{i}'") == [{"digest": plan, "material": "plan"}]
        assert place.api("GET", f"/v1/cases/GOOD-{i}/timeline").body["items"][0]["data"]["extra"]["trust"] == "A"
    other = {"id": "plan", "digest": unknown, "uri": "https://files.province.example/7", "size": 7, "media_type": "application/pdf"}
    apply_by_topic(place, "ELSE", [other])
    assert until(lambda: a.of("ELSE", "a"), 20)[0]["data"]["materials"] == [other], a.tasks
    assert len(place.dead()) == len(rows)


def lie_until_named(place):
    """What is uploaded counts as brought an hour hence: however long the test takes to name it, it is not swept before."""
    place.sql("CREATE FUNCTION lies() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.brought_at := now() + interval ''1 hour''; RETURN NEW; END'")
    place.sql("CREATE TRIGGER lies BEFORE INSERT ON material FOR EACH ROW EXECUTE FUNCTION lies()")


def test_what_no_case_names_is_taken_away_and_nothing_else():
    place = place_with(materials_keep="4s")
    place.yjsd("two", materials_store=f"{place.folder}/materials", materials_keep="4s")
    lie_until_named(place)
    a, _ = place.department("a", lambda task: None), place.department("b", grant)
    contents = {name: PDF + f"% {name}\n".encode() for name in ("http", "topic", "evidence", "answer", "nobody", "later")}
    digests = {name: sm3(content) for name, content in contents.items()}
    for name, content in contents.items():
        assert put(place, content, token="integrator" if name == "answer" else "window").status == 201
    case = place.submit("permit", {"name": "x"}, extra={"materials": [{"id": "plan", "digest": digests["http"]}]}, token="window").body["case"]
    apply_by_topic(place, "BY-TOPIC", [{"id": "plan", "digest": digests["topic"]}])
    until(lambda: a.of("BY-TOPIC", "a"), 20)
    done = place.api("POST", f"/v1/cases/{case}/steps/a/answer_for", headers={"Prefer": "wait=10"},
                     body={"type": "result", "data": {"result": {}}, "reason": "by phone", "evidence": digests["evidence"], "confirmed_by": "ms-li"})
    assert done.status == 200, done
    place.sql("UPDATE material SET brought_at = now() - interval '1 day'")
    gone = lambda: not any(digests[name][4:] in path for name in ("nobody", "later") for path in files(place)) and \
        place.sql(f"SELECT count(*) FROM material WHERE digest IN ('{digests['nobody']}', '{digests['later']}')") == "0"
    until(gone, 30, why="what no case names stays")
    late = place.submit("permit", {"name": "y"}, extra={"materials": [{"id": "plan", "digest": digests["nobody"]}]}, token="window")
    assert (late.status, late.body["code"]) == (422, "material_not_kept"), late
    # a daemon that had marked some and died: what it left is finished by another, what it may still be at is left alone
    ghost = PDF + b"% ghost\n"
    assert put(place, ghost).status == 201
    place.sql(f"UPDATE material SET taken_at = now(), taken_by = 'ghost' WHERE digest = '{sm3(ghost)}'")
    again = put(place, ghost)
    assert (again.status, again.body["code"]) == (503, "vault_busy") and "Retry-After" in again.headers, again
    named = place.submit("permit", {"name": "z"}, extra={"materials": [{"id": "plan", "digest": sm3(ghost)}]}, token="window")
    assert named.body["code"] == "material_not_kept", named
    time.sleep(3)
    assert place.sql(f"SELECT taken_by FROM material WHERE digest = '{sm3(ghost)}'") == "ghost"
    place.sql(f"UPDATE material SET taken_at = now() - interval '2 hours', brought_at = now() - interval '1 day' WHERE digest = '{sm3(ghost)}'")
    until(lambda: place.sql(f"SELECT count(*) FROM material WHERE digest = '{sm3(ghost)}'") == "0", 30, why="nobody finished what the dead one began")
    for name in ("http", "topic", "evidence", "answer"):
        assert any(digests[name][4:] in path for path in files(place)), name
    assert place.sql("SELECT count(*) FROM material") == "4" and len(files(place)) == 4, files(place)
    assert put(place, contents["nobody"]).status == 201 and fetch(place, digests["nobody"]).text.encode() == contents["nobody"]


def test_a_material_that_is_being_named_is_not_taken_away():
    place = place_with(materials_keep="36500d")
    digests = [put(place, PDF + b"%%%d\n" % i).body["digest"] for i in range(60)]
    place.sql("UPDATE material SET brought_at = now() - interval '1 day'")
    results, first_take, first_name = [], threading.Event(), threading.Event()

    def name(some):
        first_take.wait()
        for digest in some:
            reply = place.submit("permit", {"name": "x"}, extra={"materials": [{"id": "plan", "digest": digest}]}, token="window", wait=0)
            results.append((digest, reply.status))
            if reply.status == 202:
                first_name.set()

    def take():
        while len(results) < len(digests):
            place.sql("SELECT material_take('me', '1 second', '1 hour', 3)")
            first_take.set()
            first_name.wait(30)   # and from then on both go as they can
    place.token("window")
    threads = [threading.Thread(target=name, args=(digests[i::3],)) for i in range(3)] + [threading.Thread(target=take)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = {r["digest"] for r in place.rows("SELECT digest FROM material WHERE taken_at IS NOT NULL")}
    named = {digest for digest, status in results if status == 202}
    assert not taken & named and taken | named == set(digests), (len(taken), len(named), taken & named)
    assert taken and named, "one of the two did not get its turn"


def test_a_scanner_that_takes_its_time_stops_nobody_else():
    clamd = Clamd()
    place = place_with(materials_scanner=clamd.address, materials_keepers="2", http_threads="2")
    clamd.may_answer.clear()
    replies = []
    token, window = place.token("operator"), place.token("window")
    threads = [threading.Thread(target=lambda i=i: replies.append(put(place, PDF + b"%%%d\n" % i, token=window, timeout=60))) for i in range(5)]
    for thread in threads:
        thread.start()
    until(lambda: len(clamd.scanned) == 2 and replies, 20, why="two are scanned, two wait, and the fifth is not told to come again")
    assert replies[0].body["code"] == "vault_busy" and int(replies[0].headers["Retry-After"]) > 0, replies
    begun = time.monotonic()
    for _ in range(30):   # each over a connection of its own, so that both threads are met
        assert place.api("GET", "/v1/things", token=token, timeout=20).status == 200
    assert place.submit("permit", {"name": "x"}, extra={"materials": [{"id": "plan"}]}, token="window").status == 201
    assert time.monotonic() - begun < 45 and len(replies) == 1, (time.monotonic() - begun, replies)
    clamd.may_answer.set()
    for thread in threads:
        thread.join()
    assert sorted(r.status for r in replies) == [201] * 4 + [503] and len(files(place)) == 4, replies
    assert put(place, PDF + b"% more\n").status == 201


class SlowBucket:
    """Keeps what is put at once; hands nothing out before it may."""

    def __init__(self):
        kept, self.may_answer, self.asked = {}, threading.Event(), []
        bucket = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self, status, content=b""):
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def do_PUT(self):
                kept[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
                self.answer(200)

            def do_HEAD(self):
                self.send_response(200 if self.path in kept else 404)
                self.end_headers()

            def do_GET(self):
                bucket.asked.append(self.path)
                bucket.may_answer.wait(60)
                self.answer(200, kept[self.path])

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def test_a_bucket_that_takes_its_time_stops_nobody_else():
    bucket = SlowBucket()
    place = Place(["a", "b"])
    place.publish(PERMIT)
    place.yjsd(materials_store=f"{bucket.url}/materials", materials_key="k", materials_secret_file=place.write("secret", "s\n"),
               materials_keepers="1", http_threads="2")
    digest = put(place, PDF).body["digest"]
    replies, token, window = [], place.token("operator"), place.token("window")
    get = lambda: replies.append(place.api("GET", f"/v1/materials/{digest}", token=window, timeout=60))
    threads = [threading.Thread(target=get) for _ in range(18)]
    for thread in threads:
        thread.start()
    until(lambda: len(bucket.asked) == 1 and len(replies) == 2, 60, why="one is brought, fifteen wait, and two are told to come again")
    assert [(r.status, r.body["code"], int(r.headers["Retry-After"]) > 0) for r in replies] == [(503, "vault_busy", True)] * 2, replies
    begun = time.monotonic()
    for _ in range(30):
        assert place.api("GET", "/v1/things", token=token, timeout=20).status == 200
    assert time.monotonic() - begun < 45 and len(replies) == 2, (time.monotonic() - begun, replies)
    bucket.may_answer.set()
    for thread in threads:
        thread.join()
    assert sorted(r.status for r in replies) == [200] * 16 + [503] * 2, replies
    assert {r.text.encode() for r in replies if r.status == 200} == {PDF}
    taken = place.sql(f"SELECT count(*) FROM access WHERE what = 'material' AND subject = '{digest}'")
    assert taken == "16", ("who was not given it is not written down", taken)


if __name__ == "__main__":
    need_servers()
    main(sys.modules[__name__], end_all)

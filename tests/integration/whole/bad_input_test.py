"""What is not as the contract says: each gets its own stable reason, and the flow goes on behind it."""
import json
import subprocess
import sys

from simple import NEEDS, PERMIT, grant
import check
from base import main, need_servers, say, until
from kafka import answer_headers
from place import Place, end_all

GOOD = {"result": {"no": "1"}}


def permit_place(**options):
    place = Place(["alpha", "beta", "gamma"], **options)
    place.publish(PERMIT)
    place.yjsd()
    return place


def bad_messages(place, case):
    """(what, expected code, topic, header pairs, bytes)."""
    alpha = place.topic("alpha", "result")

    def headers(**more):
        given = answer_headers(place.region, "alpha", case, "first", 1, "result")
        for name, value in more.items():
            given["ce_" + name] = value
        return [(n, v) for n, v in given.items() if v is not None]
    good = json.dumps(GOOD).encode()
    deep = b'{"result":' + b"[" * 70 + b"]" * 70 + b"}"
    rows = [
        ("JSON that ends too early", "json_syntax", alpha, headers(), b'{"result":'),
        ("no JSON at all", "json_syntax", alpha, headers(), b"\x00\x01\x02"),
        ("bytes that are no UTF-8", "json_utf8", alpha, headers(), b'{"result":{"no":"\xff\xfe"}}'),
        ("a key that stands twice", "json_duplicate_key", alpha, headers(), b'{"result":{"no":"1"},"result":{"no":"2"}}'),
        ("U+0000 as an escape", "json_nul", alpha, headers(), b'{"result":{"no":"a\\u0000b"}}'),
        ("half a surrogate pair", "json_surrogate", alpha, headers(), b'{"result":{"no":"\\ud83d"}}'),
        ("a number past a double", "json_number_range", alpha, headers(), b'{"result":{"no":"1","x":1e999}}'),
        ("nested too deeply", "json_depth", alpha, headers(), deep),
        ("something behind the value", "json_trailing", alpha, headers(), good + b" 1"),
        ("an answer that is too long", "answer_data_bad", alpha, headers(), b'{"result":{"no":"' + b"a" * 70000 + b'"}}'),
        ("no id", "header_missing", alpha, headers(id=None), good),
        ("no source", "header_missing", alpha, headers(source=None), good),
        ("no type", "header_missing", alpha, headers(type=None), good),
        ("no specversion", "header_missing", alpha, headers(specversion=None), good),
        ("another specversion", "cloud_event_bad", alpha, headers(specversion="0.3"), good),
        ("a header that stands twice", "header_doubled", alpha, headers() + [("ce_id", "again")], good),
        ("a header that is too long", "header_bad", alpha, headers(id="x" * 600), good),
        ("too many headers", "headers_too_many", alpha, headers() + [(f"x{i}", "y") for i in range(60)], good),
        ("no headers at all", "header_missing", alpha, [], good),
        ("a kind that is none", "message_unknown", alpha, headers(type="granted"), good),
        ("a case that is none", "case_unknown", alpha, headers(caseid="NO-SUCH-CASE"), good),
        ("no case", "answer_case_missing", alpha, headers(caseid=None), good),
        ("a step that is none", "unknown_step", alpha, headers(step="third"), good),
        ("an element that is none", "unknown_element", alpha, headers(step="first.3"), good),
        ("an attempt that is no number", "answer_attempt_bad", alpha, headers(attempt="one"), good),
        ("a task of another step", "answer_step_bad", alpha, headers(task=f"{case}:second:1:undo:1"), good),
        ("a result against its schema", "result_invalid", alpha, headers(), b'{"result":{"no":17}}'),
        ("a result that lacks a member", "result_invalid", alpha, headers(), b'{"result":{}}'),
        ("a result beside `result`", "result_invalid", alpha, headers(), b'{"no":"1"}'),
        ("a refusal without a reason", "message_invalid", alpha, headers(type="rejected"), b"{}"),
        ("another department's topic", "wrong_department", place.topic("gamma", "result"), headers(), good),
        ("a structured event that is no object", "cloud_event_bad", alpha, [("content-type", "application/cloudevents+json")], b"[1]"),
        ("a structured event without an id", "header_missing", alpha, [("content-type", "application/cloudevents+json")],
         b'{"specversion":"1.0","source":"/a","type":"result","data":{}}'),
        ("an application without a form", "message_invalid", f"{place.region}.intake.v1",
         [("ce_specversion", "1.0"), ("ce_id", "1"), ("ce_source", "/i"), ("ce_type", "application")], b'{"thing":"permit"}'),
        ("an application with a faulty form", "form_invalid", f"{place.region}.intake.v1",
         [("ce_specversion", "1.0"), ("ce_id", "2"), ("ce_source", "/i"), ("ce_type", "application")],
         b'{"thing":"permit","form":{"name":""}}'),
        ("an application for a thing that is none", "thing_unknown", f"{place.region}.intake.v1",
         [("ce_specversion", "1.0"), ("ce_id", "3"), ("ce_source", "/i"), ("ce_type", "application")], b'{"thing":"nothing","form":{}}'),
    ]
    return rows


def key_of(topic, case):
    """An application's key is its number, if it names none: another one than the case's."""
    return "NEW-1" if "intake" in topic else case


def test_every_bad_message_becomes_a_dead_letter_with_its_reason_and_the_flow_goes_on():
    place = permit_place()
    alpha = place.department("alpha", lambda task: None)
    place.department("beta", grant)
    case = place.start("permit", {"name": "王"})
    task = until(lambda: alpha.of(case, "first"))[0]
    rows = bad_messages(place, case)
    wrong = []
    for what, code, topic, headers, value in rows:
        before = len(place.dead())
        place.hand.put_raw(topic, value, headers, key=key_of(topic, case))
        until(lambda: len(place.dead()) > before, 10, why=f"{what}: no dead letter")
        if place.dead()[before:] != [(code, topic)]:
            wrong.append(f"{what}: {place.dead()[before:]}, not {code}")
    assert not wrong, "\n".join(wrong)
    assert place.steps(case)["first"] == "running", "a bad message had an effect"
    alpha.give(task, grant(task))
    place.closed(case, "granted")
    check.journal(place)
    check.order(place, NEEDS)
    # The letter is kept unchanged: bytes, key and headers, and where it came from.
    beside = place.sql("SELECT message FROM dead_letter WHERE encode(value, 'escape') = '{\"no\":\"1\"}'")
    assert beside.startswith("there is no `result`"), beside
    row = place.rows("SELECT code, encode(value, 'escape') AS value, encode(key, 'escape') AS key, headers, topic FROM dead_letter ORDER BY id")
    for (what, code, topic, headers, value), kept in zip(rows, row):
        assert kept["topic"] == topic and kept["key"] == key_of(topic, case), (what, kept)
        assert [tuple(h) for h in json.loads(kept["headers"])] == headers, (what, kept["headers"], headers)
    sizes = [int(n) for n in place.sql("SELECT length(value) FROM dead_letter ORDER BY id").split()]
    assert sizes == [len(value) for *_, value in rows]
    meters = place.meters()
    dead = [v for k, v in meters.items() if k.endswith("inputs_dead_total") or k.endswith("inputs_dead")]
    assert dead == [len(rows)], {k: v for k, v in meters.items() if "inputs" in k}
    say(f"{len(rows)} kinds of bad messages, {len(set(r[1] for r in rows))} reasons")


def test_a_dead_letter_stands_on_the_dead_topic_with_its_reason():
    place = permit_place()
    topic = place.topic("alpha", "result")
    place.hand.put_raw(topic, b'{"broken', [("ce_id", "x"), ("other", "kept")], key="K1")
    letters = until(lambda: place.hand.all(f"{place.region}.dead.v1"), 15, 0.2, why="nothing came on the dead topic")
    assert len(letters) == 1 and letters[0]["key"] == "K1" and letters[0]["value"] == '{"broken', letters
    headers = letters[0]["headers"]
    assert headers["ce_id"] == "x" and headers["other"] == "kept", headers
    assert (headers["yjs_reason"], headers["yjs_topic"]) == ("header_missing", topic), headers
    assert headers["yjs_partition"] == str(place.rows("SELECT partition FROM dead_letter")[0]["partition"]), headers


def produce_bytes(place, topic, partition, key, headers, value):
    """By kcat, from bytes that need be no text."""
    command = [b"kcat", b"-P", b"-b", place.hand.bootstrap.encode(), b"-t", topic.encode(), b"-q", b"-p", str(partition).encode(),
               b"-D", b"\x1e\x1f\x1e", b"-k", key]
    for name, text in headers:
        command += [b"-H", name + b"=" + text]
    subprocess.run(command, input=value, check=True, timeout=30)


def test_a_dead_letter_keeps_every_byte_in_the_store_on_its_topic_and_when_it_is_carried_or_redriven():
    place = permit_place()
    alpha = place.department("alpha", lambda task: None)
    place.department("beta", grant)
    given = answer_headers(place.region, "alpha", "BYTES-1", "first", 1, "result")
    # The case is not there yet; one of the two comes on another shard's partition and is carried.
    headers = [(b"x-raw", b"\xff\xfe\x01"), (b"x-text", "\u7532".encode()), (b"x-empty", b"")]
    headers += [(n.encode(), v.encode()) for n, v in given.items()]
    key = b"\xf0\x28\x8c\xbc"
    for partition in (0, 1):
        produce_bytes(place, alpha.result_topic, partition, key, headers, json.dumps(GOOD).encode())
    produce_bytes(place, alpha.result_topic, 0, key, headers + [(b"n%d" % i, b"\xe4") for i in range(100)], b"{}")
    until(lambda: len(place.dead()) == 3, 15, why=lambda: place.dead())
    shown = [["x-raw", {"base64": "//4B"}], ["x-text", "甲"], ["x-empty", ""]] + [[n.decode(), v.decode()] for n, v in headers[3:]]
    rows = place.rows("SELECT id, code, encode(key, 'hex') AS key, headers FROM dead_letter ORDER BY code, id")
    assert [r["code"] for r in rows] == ["case_unknown", "case_unknown", "headers_too_many"], rows
    assert all(r["key"] == key.hex() for r in rows), rows
    assert all(json.loads(r["headers"]) == shown for r in rows[:2]), rows[0]["headers"]
    assert json.loads(rows[2]["headers"]) == shown + [[f"n{i}", {"base64": "5A=="}] for i in range(100)], rows[2]["headers"]
    # On the topic: the same bytes, and ours behind them.
    def letters():
        out = subprocess.run(["kcat", "-C", "-b", place.hand.bootstrap, "-t", f"{place.region}.dead.v1", "-e", "-q", "-f", "%k|%h|%s\x1d"],
                             capture_output=True, check=True, timeout=30).stdout
        return out.split(b"\x1d")[:-1]
    read = until(lambda: len(letters()) == 3 and letters(), 15, 0.5, why="not three on the topic")
    for letter in read:
        at, named, value = letter.split(b"|", 2)
        wanted = b",".join(n + b"=" + v for n, v in headers)
        assert at == key and named.startswith(wanted + b",") and b"yjs_reason=" in named, letter
        assert (value == b"{}") == (b"n99=\xe4" in named), letter
    # Redriven: the bytes that nobody understood are no hindrance.
    place.start("permit", {"name": "李"}, number="BYTES-1")
    until(lambda: alpha.of("BYTES-1", "first"))
    place.ctl("dead", "redrive", rows[0]["id"])
    place.closed("BYTES-1", "granted")
    status, out, err = place.ctl("dead", "redrive", rows[2]["id"], check=False)
    assert status != 0 and "headers_most" in out + err, (status, out, err)


def test_a_dead_letter_is_taken_again_after_its_reason_is_mended():
    place = permit_place()
    alpha = place.department("alpha", lambda task: None)
    place.department("beta", grant)
    # The answer comes before its case: somebody restored an old topic, say.
    headers = answer_headers(place.region, "alpha", "LATER-1", "first", 1, "result")
    place.hand.put(alpha.result_topic, "LATER-1", headers, GOOD)
    until(lambda: place.dead(), why="no dead letter")
    letter = json.loads(place.ctl("dead", "list", "--json"))["items"][0]
    for _ in range(2):   # as often as one likes: it stays, with its reason
        status, out, err = place.ctl("dead", "redrive", letter["id"], check=False)
        assert status == 1 and "case_unknown: there is no case LATER-1" in err, (status, out, err)
        assert [i["id"] for i in json.loads(place.ctl("dead", "list", "--json"))["items"]] == [letter["id"]]
    place.start("permit", {"name": "李"}, number="LATER-1")
    until(lambda: alpha.of("LATER-1", "first"))
    place.ctl("dead", "redrive", letter["id"])
    assert json.loads(place.ctl("dead", "list", "--json"))["items"] == []
    place.closed("LATER-1", "granted")
    status, out, err = place.ctl("dead", "redrive", letter["id"], check=False)
    assert status != 0, "a letter was redriven twice"


def test_a_form_with_faults_is_refused_with_the_pointer_of_each():
    place = permit_place()
    reply = place.submit("permit", {"name": "", "age": "old", "home": {"number": 1.5}, "extra": 1})
    assert (reply.status, reply.body["code"]) == (422, "form_invalid"), reply
    assert reply.headers["Content-Type"].startswith("application/problem+json"), reply.headers
    pointers = sorted(f["pointer"] for f in reply.body["faults"])
    assert pointers == ["/form/age", "/form/extra", "/form/home/number", "/form/name"], reply.body["faults"]
    missing = place.submit("permit", {})
    assert missing.status == 422 and missing.body["faults"], missing
    assert place.rows("SELECT id FROM case_") == []


def test_what_is_too_long_is_refused_by_the_name_of_its_limit():
    place = permit_place()
    reply = place.submit("permit", {"name": "a", "note": "x" * 2_000_000})
    assert reply.status == 413 and "_most" in reply.body["detail"], reply
    reply = place.submit("permit", {"name": "a", "note": "x" * 300_000})
    assert reply.status in (413, 422) and "form_bytes_most" in reply.text, reply
    reply = place.submit("permit", {"name": "a"}, number="9" * 65)
    assert reply.status == 422 and "number_bytes_most" in reply.text, reply
    case, long, body = place.start("permit", {"name": "b"}), "x" * 5000, {"reason": "r"}
    for path, given, limit in (
            (f"cases/{case}/close", {"reason": long}, "reason_bytes_most"), (f"cases/{case}/withdraw", {"reason": long}, "reason_bytes_most"),
            (f"cases/{case}/steps/first/retry", {"reason": long}, "reason_bytes_most"),
            (f"cases/{case}/steps/first/reassign", {**body, "department": long}, "name_bytes_most"),
            (f"cases/{case}/steps/first/reassign", {**body, "region": long}, "name_bytes_most"),
            (f"cases/{case}/steps/first/answer_for", {**body, "type": "result", "evidence": long, "confirmed_by": "x"}, "id_bytes_most"),
            (f"cases/{case}/steps/first/answer_for", {**body, "type": long, "evidence": "e", "confirmed_by": "x"}, "name_bytes_most"),
            (f"cases/{case}/signal/paid", {"data": "x" * 70000}, "answer_bytes_most"),
            ("cases", {"thing": long, "form": {}}, "name_bytes_most"), ("cases", {"thing": "permit", "region": long, "form": {}}, "name_bytes_most"),
            ("incidents/bulk", {**body, "action": long, "ids": []}, "name_bytes_most"),
            ("tokens", {"role": "window", "name": long}, "person_bytes_most"), ("tokens", {"role": long, "name": "n"}, "name_bytes_most")):
        reply = place.api("POST", "/v1/" + path, given, token="admin" if path == "tokens" else "operator")
        assert (reply.status, reply.body["code"]) == (422, "body_invalid"), (path, reply)
        assert [f for f in reply.body["faults"] if limit in f["message"]], (path, limit, reply.body)
    reply = place.api("POST", f"/v1/tasks/{case}:first:1/claim", {"by": long}, token=place.token("department", "alpha"))
    assert reply.status == 422 and "person_bytes_most" in reply.text, reply
    assert place.start("permit", {"name": "a", "note": "x" * 200_000}), "what is within the limit is taken"


def test_the_same_number_is_the_same_case_and_with_other_content_a_conflict_that_names_the_fields():
    place = permit_place()
    form = {"name": "陳", "age": 30, "home": {"street": "A", "number": 5}}
    first = place.submit("permit", form, number="SAME-1")
    assert (first.status, first.body["case"], first.body["repeated"]) == (201, "SAME-1", False), first
    again = place.submit("permit", {"home": {"number": 5, "street": "A"}, "age": 30, "name": "陳"}, number="SAME-1")
    assert (again.status, again.body["repeated"]) == (200, True), again
    other = place.submit("permit", {"name": "陳", "age": 31, "home": {"street": "B", "number": 5}}, number="SAME-1")
    assert (other.status, other.body["code"]) == (409, "number_conflict"), other
    assert "/form/age" in other.body["detail"] and "/form/home/street" in other.body["detail"], other
    assert "/form/name" not in other.body["detail"] and "number" not in other.body["detail"].split(":")[-1].replace("/form/home/number", "number"), other
    assert len(place.events("SAME-1", "case_started")) == 1


def test_a_repeat_is_compared_with_what_was_submitted_first_not_with_the_corrected_form():
    place = permit_place()
    place.department("alpha", lambda task: ("correction", {"reasons": [{"what": "age", "why": "missing"}]}))
    place.department("beta", grant)
    extra = {"materials": [{"id": "m", "uri": "file:///m", "digest": "sm3:00", "size": 1, "media_type": "text/plain"}]}
    place.start("permit", {"name": "陳"}, "FIRST-1", extra)
    until(lambda: place.events("FIRST-1", "answer_noted"), why="no correction was asked for")
    place.act("FIRST-1", "correction", {"step": "first", "form": {"age": 30},
                                        "materials": [{"id": "m", "uri": "file:///m2", "digest": "sm3:01", "size": 2, "media_type": "text/plain"}]})
    again = place.submit("permit", {"name": "陳"}, "FIRST-1", extra)
    assert (again.status, again.body["repeated"]) == (200, True), again
    corrected = place.submit("permit", {"name": "陳", "age": 30}, "FIRST-1", extra)
    assert (corrected.status, corrected.body["code"]) == (409, "number_conflict") and "/form/age" in corrected.body["detail"], corrected
    place.act("FIRST-1", "steps/first/skip", {"reason": "done by hand"})
    place.closed("FIRST-1")
    again = place.submit("permit", {"name": "陳"}, "FIRST-1", extra)   # read again from its journal
    assert (again.status, again.body["repeated"]) == (200, True), again


def application(place, ident, form, partition=0):
    headers = [("ce_specversion", "1.0"), ("ce_id", ident), ("ce_source", "/window"), ("ce_type", "application"),
               ("ce_time", "2028-01-03T01:00:00Z")]
    place.hand.put_raw(f"{place.region}.intake.v1", json.dumps({"thing": "permit", "form": form}).encode(), headers, partition=partition)


def test_an_application_without_a_number_that_comes_twice_is_one_case():
    place = permit_place()
    place.department("alpha", grant), place.department("beta", grant)
    for partition in (0, 1, 1, 0):   # without a key it may come by any partition
        application(place, "twice-1", {"name": "王"}, partition)
    application(place, "once-1", {"name": "王"})                    # another message, however alike
    cases = until(lambda: len(place.rows("SELECT id FROM case_")) == 2 and place.rows("SELECT id, source_id FROM case_"), 15)
    assert sorted(c["source_id"] for c in cases) == ["once-1", "twice-1"], cases
    case = next(c["id"] for c in cases if c["source_id"] == "twice-1")
    place.closed(case, "granted")
    application(place, "twice-1", {"name": "王"})                   # long after its end
    application(place, "twice-1", {"name": "李"})                   # the same message with another content is none
    until(lambda: place.dead() and place.dead(), 15, why="the other content was no dead letter")
    assert place.dead() == [("number_conflict", f"{place.region}.intake.v1")], place.dead()
    assert len(place.rows("SELECT id FROM case_")) == 2


def test_a_command_that_is_sent_again_with_its_key_does_nothing_twice():
    place = permit_place()
    one = place.submit("permit", {"name": "a"}, headers={"Idempotency-Key": "k-1"})
    two = place.submit("permit", {"name": "a"}, headers={"Idempotency-Key": "k-1"})
    assert one.status == 201 and two.body["case"] == one.body["case"] and two.headers["Idempotency-Replayed"] == "true", (one, two)
    other = place.submit("permit", {"name": "b"}, headers={"Idempotency-Key": "k-1"})
    assert (other.status, other.body["code"]) == (409, "idempotency_conflict"), other
    assert len(place.rows("SELECT id FROM case_")) == 1


def test_who_is_not_known_or_not_entitled_is_refused():
    place = permit_place()
    case = place.start("permit", {"name": "a"})
    nobody = place.api("GET", f"/v1/cases/{case}", token=None)
    assert (nobody.status, nobody.body["code"]) == (401, "token_missing"), nobody
    assert "Bearer" in nobody.headers["WWW-Authenticate"]
    forged = place.api("GET", f"/v1/cases/{case}", token="yjs_" + "0" * 64)
    assert (forged.status, forged.body["code"]) == (401, "token_bad"), forged
    for role, method, path in (("auditor", "POST", "/v1/cases"), ("window", "POST", f"/v1/cases/{case}/close"),
                               ("operator", "POST", "/v1/tokens"), ("window", "GET", "/v1/incidents"),
                               ("supervisor", "POST", f"/v1/cases/{case}/steps/first/skip")):
        reply = place.api(method, path, {} if method == "POST" else None, token=role)
        assert (reply.status, reply.body["code"]) == (403, "role_forbidden"), (role, path, reply)
    assert place.api("GET", "/healthz", token=None).status == 200


if __name__ == "__main__":
    need_servers()
    main(sys.modules[__name__], end_all)

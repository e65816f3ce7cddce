"""yjsctl against a small server that speaks the API: what it sends, how it shows answers and problems, how it ends."""
import http.server
import json
import os
import threading
import time
import unicodedata
import urllib.parse

from kit import HOME, Case, Project, unittest, yjsctl

TOKEN = "yjs_" + "0" * 64


def wide(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


class Server:
    """Answers by `routes`: (method, path) -> (status, value) or a function of the request; keeps what was asked."""

    def __init__(self):
        self.routes, self.asked = {}, []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                url = urllib.parse.urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                request = {"method": self.command, "path": url.path, "query": dict(urllib.parse.parse_qsl(url.query)),
                           "headers": self.headers, "body": json.loads(body) if body else None}
                outer.asked.append(request)
                route = outer.routes.get((self.command, url.path), (404, problem(404, "route_unknown", "There is nothing here")))
                status, value = route(request) if callable(route) else route
                stream = isinstance(value, str)
                content = value.encode() if stream else json.dumps(value, ensure_ascii=False).encode()
                self.send_response(status)
                kind = "text/event-stream" if stream else "application/json" if status < 400 else "application/problem+json"
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(0 if status == 304 else len(content)))
                self.end_headers()
                if status != 304:
                    self.wfile.write(content)

            do_GET = do_POST = do_DELETE = answer

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()


def problem(status, code, title, detail=None, faults=()):
    value = {"type": "urn:yijianshi:problem:" + code, "title": title, "status": status, "code": code, "faults": list(faults)}
    return dict(value, detail=detail) if detail else value


def step(name, state, index=-1, **more):
    return dict({"step": name, "index": index, "state": state, "department": "tax", "attempt": 1, "reason": None, "ended_at": None,
                 "asked_at": "2026-03-02T09:00:00+08:00"}, **more)


class Api(Case):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.http.server_close)
        self.addCleanup(self.server.http.shutdown)
        self.routes = self.server.routes

    def tell(self, *words, token=TOKEN, **more):
        env = {"YJS_URL": self.server.url, **({"YJS_TOKEN": token} if token else {})}
        return yjsctl(*words, env={**env, **more.pop("env", {})}, **more)

    def last(self):
        return self.server.asked[-1]

    # ---- problems ----

    def test_problem_is_said_with_title_detail_and_every_fault(self):
        self.routes["GET", "/v1/statistics"] = (422, problem(422, "form_invalid", "The form is not as its schema says", "2 faults", [
            {"pointer": "/form/home", "keyword": "required", "message": "is missing"},
            {"pointer": "", "keyword": "type", "message": "is no object"}]))
        self.ends(self.tell("stats"), 1, "The form is not as its schema says [form_invalid]", "2 faults", "/form/home: is missing",
                  "(whole): is no object")
        self.assertEqual(json.loads(self.tell("stats", "--json").err)["code"], "form_invalid")

    def test_status_says_who_has_to_act(self):
        for status, ends in ((400, 1), (401, 4), (403, 4), (404, 1), (409, 1), (429, 3), (500, 1), (502, 3), (503, 3), (504, 3)):
            with self.subTest(status):
                self.routes["GET", "/v1/statistics"] = (status, problem(status, "x", "Because"))
                self.ends(self.tell("stats"), ends, "Because")

    def test_server_that_is_away_ends_with_three(self):
        self.ends(yjsctl("stats", "--url", "http://127.0.0.1:1"), 3, "server_away", "is yjsd running")
        self.ends(yjsctl("stats", "--url", "ftp://127.0.0.1/"), 1, "url_bad")

    def test_missing_token_is_said_with_what_to_do(self):
        self.routes["GET", "/v1/statistics"] = (401, problem(401, "token_missing", "A bearer token is needed"))
        self.ends(self.tell("stats", token=None), 4, "yjsctl token create makes one")

    def test_controls_in_answers_do_not_reach_the_terminal(self):
        self.routes["GET", "/v1/cases"] = (200, {"items": [{"id": "N1", "title": "a\x1b[2Jb\x07", "phase": "running"}], "next": None})
        told = self.ends(self.tell("case", "list"), 0, "a·[2Jb·")
        self.assertNotIn("\x1b", told.out)

    # ---- tokens ----

    def test_token_comes_from_file_environment_or_home(self):
        self.routes["GET", "/v1/statistics"] = (200, {"items": [], "next": None})
        with Project() as project:
            path = os.path.join(project, "token")
            with open(path, "w", encoding="utf-8") as file:
                file.write("yjs_file\n")
            os.chmod(path, 0o600)
            self.ends(self.tell("stats", "--token-file", path), 0)
            self.assertEqual(self.last()["headers"]["Authorization"], "Bearer yjs_file")
            os.chmod(path, 0o644)
            self.ends(self.tell("stats", "--token-file", path), 0, "chmod 600")
        self.ends(self.tell("stats"), 0)
        self.assertEqual(self.last()["headers"]["Authorization"], "Bearer " + TOKEN)
        home = os.path.join(HOME.name, ".config/yijianshi/token")
        os.makedirs(os.path.dirname(home))
        with open(home, "w", encoding="utf-8") as file:
            file.write("yjs_home")
        os.chmod(home, 0o600)
        self.ends(self.tell("stats", token=None), 0)
        os.unlink(home)
        self.assertEqual(self.last()["headers"]["Authorization"], "Bearer yjs_home")
        self.ends(self.tell("stats", "--token-file", "/no/such"), 1, "/no/such")

    # ---- cases ----

    def test_submit_sends_the_file_with_what_the_options_say(self):
        self.routes["POST", "/v1/cases"] = (201, {"case": "N9"})
        application = json.dumps({"thing": "t", "number": "N1", "form": {"a": 1.50, "b": "人"}}, ensure_ascii=False).encode()
        self.ends(self.tell("case", "submit", "-", "--number", "N9", "--region", "441302", "--wait", "3s", "--idempotency-key", "k1",
                            stdin=application), 0, "case N9: started")
        self.assertEqual(self.last()["body"], {"thing": "t", "number": "N9", "region": "441302", "form": {"a": 1.50, "b": "人"}})
        self.assertEqual((self.last()["headers"]["Prefer"], self.last()["headers"]["Idempotency-Key"]), ("wait=3", "k1"))
        self.ends(self.tell("case", "submit", "-", "--wait", "0", stdin=application), 0)
        self.assertIsNone(self.last()["headers"]["Prefer"])

    def test_submit_refuses_what_is_no_application_before_it_asks(self):
        self.ends(self.tell("case", "submit", "-", stdin=b"[]"), 1, "application_bad")
        self.ends(self.tell("case", "submit", "-", stdin=b"{"), 1, "json_syntax")
        self.ends(self.tell("case", "submit", "/no/such"), 1, "file_unreadable")
        self.assertEqual(self.server.asked, [])

    def test_list_follows_the_pages_up_to_its_limit(self):
        rows = [{"id": f"N{i:03}", "thing": "t", "title": "二手房" if i % 2 else "ab", "phase": "closed", "outcome": "granted",
                 "started_at": "2026-03-02T09:00:00+08:00", "closed_at": "2026-03-02T10:00:00+08:00"} for i in range(500)]

        def page(request):
            start = next((i + 1 for i, r in enumerate(rows) if r["id"] == request["query"].get("cursor")), 0)
            items = rows[start:start + int(request["query"]["limit"])]
            return 200, {"items": items, "next": items[-1]["id"] if start + len(items) < len(rows) else None}

        self.routes["GET", "/v1/cases"] = page
        told = self.ends(self.tell("case", "list", "--limit", "450", "--q", "二手 房&", "--json"), 0)
        self.assertEqual([r["id"] for r in json.loads(told.out)["items"]], [r["id"] for r in rows[:450]])
        self.assertEqual(len(self.server.asked), 3)
        self.assertEqual(self.last()["query"]["q"], "二手 房&")
        told = self.ends(self.tell("case", "list"), 0, "there are more")
        lines = told.out.splitlines()
        self.assertEqual(len(lines), 51)
        at = wide(lines[0][:lines[0].index("PHASE")])
        for line in lines[1:]:
            self.assertEqual(wide(line[:line.index("closed")]), at, line)

    def test_ids_are_encoded_in_paths(self):
        self.routes["GET", "/v1/cases/N1%2Fsub%2F0"] = (200, {"id": "N1/sub/0", "phase": "running", "steps": []})
        self.ends(self.tell("case", "show", "N1/sub/0"), 0, "N1/sub/0")

    def test_colours_only_where_they_are_wanted(self):
        self.routes["GET", "/v1/cases/N1"] = (200, {"id": "N1", "phase": "running", "steps": [step("a", "granted")]})
        self.assertNotIn("\x1b", self.tell("case", "show", "N1").out)
        self.assertIn("\x1b[32m", self.tell("case", "show", "N1", "--colour", "always").out)

    def watched(self):
        """A case that moves with every look that is not answered by 304."""
        states = [[step("a", "running")], [step("a", "granted", ended_at="2026-03-02T09:00:05+08:00"), step("b", "running")],
                  [step("a", "granted"), step("b", "refused", reason="封", ended_at="2026-03-02T09:10:00+08:00")]]
        looks = []

        def look(request):
            looks.append(request)
            version = min(len(looks) // 2, 2)
            if request["headers"]["If-None-Match"] == f'"{version + 1}"':
                return 304, {}
            closed = version == 2
            return 200, {"id": "N1", "thing": "t", "version": version + 1, "phase": "closed" if closed else "running",
                         "outcome": "partial" if closed else "none", "started_at": "2026-03-02T09:00:00+08:00",
                         "closed_at": "2026-03-02T09:10:00+08:00" if closed else None, "steps": states[version]}

        self.routes["GET", "/v1/cases/N1"] = look
        return looks

    def test_watch_says_each_change_in_a_line_until_the_case_is_closed(self):
        looks = self.watched()
        told = self.ends(self.tell("case", "watch", "N1"), 0)
        words = [line.split()[1:] for line in told.out.splitlines()]
        self.assertEqual([w[1:3] for w in words],
                         [["a", "running"], ["a", "granted"], ["b", "running"], ["b", "refused"], ["case", "partial"]])
        self.assertEqual(words[1][3:], ["tax", "5.0s"])
        self.assertEqual(words[3][3:], ["tax", "10m", "00s", "封"])
        self.assertIn('"2"', [r["headers"]["If-None-Match"] for r in looks])

    def test_watch_with_json_prints_each_state_of_the_case(self):
        self.watched()
        told = self.ends(self.tell("case", "watch", "N1", "--json"), 0)
        self.assertEqual([json.loads(line)["version"] for line in told.out.splitlines()], [1, 2, 3])

    def test_watch_goes_on_while_the_server_is_busy(self):
        looks = self.watched()
        calm = self.routes["GET", "/v1/cases/N1"]
        self.routes["GET", "/v1/cases/N1"] = lambda r: (503, problem(503, "store_away", "x")) if len(looks) == 2 and not hasattr(
            self, "busy") and not setattr(self, "busy", 1) else calm(r)
        self.ends(self.tell("case", "watch", "N1"), 0, "trying on", "is back", "partial")

    def test_watch_of_a_case_that_is_not_there_ends_with_one(self):
        self.ends(self.tell("case", "watch", "N7"), 1)

    def test_submit_that_follows_watches_to_the_end(self):
        self.watched()
        self.routes["POST", "/v1/cases"] = (202, {"command": 7, "case": "N1"})
        self.ends(self.tell("case", "submit", "-", "--follow", stdin=b'{"thing": "t", "form": {}}'), 0, "written down", "partial")

    def test_timeline_follows_the_stream_until_the_case_is_closed(self):
        events = [{"version": 1, "at": "2026-03-02T01:00:00.25Z", "kind": "case_started", "step": None, "data": {}},
                  {"version": 2, "at": "2026-03-02T01:00:01Z", "kind": "step_ended", "step": "a", "data": {"state": "granted"}},
                  {"version": 3, "at": "2026-03-02T01:00:02Z", "kind": "case_closed", "step": None, "data": {"outcome": "granted"}}]
        # The stream ends before the case does: it is taken up behind the last event.
        self.routes["GET", "/v1/cases/N1/events"] = lambda request: (200, ": hello\n\n" + "".join(
            f"id: {e['version']}\r\nevent: {e['kind']}\ndata: {json.dumps(e)}\n\n" for e in events
            if 0 <= e["version"] - 1 - int(request["query"]["after"]) < 2))
        told = self.ends(self.tell("case", "timeline", "N1", "--follow"), 0, "03-02 09:00:00.250", "state=granted", "outcome=granted")
        self.assertEqual(len(told.out.splitlines()), 3)
        self.ends(self.tell("case", "timeline", "N2", "--follow"), 1, "route_unknown")

    def test_commands_carry_what_was_said(self):
        done = (200, {"case": "N1"})
        with Project() as project:
            path = project + "/d.json"
            with open(path, "w", encoding="utf-8") as file:
                file.write('{"ref": 1}')
            for words, where, body in (
                    (("case", "withdraw", "N1", "--reason", "變卦"), "/v1/cases/N1/withdraw", {"reason": "變卦"}),
                    (("case", "withdraw", "N1"), "/v1/cases/N1/withdraw", {}),
                    (("case", "close", "N1", "--reason", "x"), "/v1/cases/N1/close", {"reason": "x"}),
                    (("case", "signal", "N1", "tax_paid", "--data", "@" + path), "/v1/cases/N1/signal/tax_paid", {"data": {"ref": 1}}),
                    (("case", "correction", "N1", "tax", "--form", '{"a": 1}'), "/v1/cases/N1/correction", {"step": "tax", "form": {"a": 1}}),
                    (("task", "answer", "N1:tax:1", "--data", '{"n": 1}'), "/v1/tasks/N1%3Atax%3A1/answer", {"type": "result", "data": {"n": 1}}),
                    (("task", "claim", "N1:tax:1", "--by", "小王"), "/v1/tasks/N1%3Atax%3A1/claim", {"by": "小王"}),
                    (("dead", "redrive", "7"), "/v1/dead-letters/7/redrive", {})):
                with self.subTest(words):
                    self.routes["POST", where] = done
                    self.ends(self.tell(*words), 0, "done")
                    self.assertEqual((self.last()["path"], self.last()["body"]), (where, body))

    # ---- incidents ----

    def test_incidents_are_mended_one_by_one_and_refusals_do_not_stop_the_rest(self):
        rows = [{"id": f"N{i}:bank.2:1", "case_id": f"N{i}", "step": "bank", "index": 2, "code": "stuck"} for i in range(3)]
        self.routes["GET", "/v1/incidents"] = (200, {"items": rows, "next": None})
        for i in (0, 2):
            self.routes["POST", f"/v1/cases/N{i}/steps/bank.2/reassign"] = (200, {"case": f"N{i}"})
        self.routes["POST", "/v1/cases/N1/steps/bank.2/reassign"] = (409, problem(409, "case_closed", "The case is closed"))
        told = self.ends(self.tell("incident", "reassign", "--all-of", "--code", "stuck", "--department", "icbc", "--to-department", "boc",
                                   "--reason", "moved"), 1, "2 of 3 done", "The case is closed", "at N1:bank.2:1")
        self.assertEqual(self.server.asked[0]["query"], {"department": "icbc", "code": "stuck", "open": "yes", "limit": "200"})
        self.assertEqual(self.last()["body"], {"reason": "moved", "incident": "N2:bank.2:1", "department": "boc"})
        self.assertNotIn("N1 ", told.out)

    def test_incident_of_no_step_is_named(self):
        self.routes["GET", "/v1/incidents/t%400%3A7"] = (200, {"id": "t@0:7", "case_id": None, "step": None})
        self.ends(self.tell("incident", "retry", "t@0:7", "--reason", "x"), 1, "is no step's incident", "0 of 1 done")

    # ---- time ----

    def test_answer_of_many_rows_is_printed_quickly(self):
        rows = [{"department": f"d{i}", "open": i, "stuck": 0, "retrying": 0, "overdue": 0, "oldest": None} for i in range(20000)]
        self.routes["GET", "/v1/departments"] = (200, {"items": rows, "next": None})
        begin = time.monotonic()
        self.ends(self.tell("department", "list"), 0, "d19999")
        self.assertLess(time.monotonic() - begin, 5)


if __name__ == "__main__":
    unittest.main()

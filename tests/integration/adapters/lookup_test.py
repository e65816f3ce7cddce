"""The driver lookup against an e-licence service that checks signatures."""
import hashlib
import hmac
import json
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from kit import Kit, main, until


class Service(BaseHTTPRequestHandler):
    """Knows licences by their number; 404 for those that begin with X; away while `away`."""
    protocol_version = "HTTP/1.1"
    asked, away = [], False

    def serve(self, text, fields):
        words = f"{self.headers['X-Timestamp']}\n{self.headers['X-Nonce']}\n{text}".encode()
        good = hmac.new(b"s3cret", words, hashlib.sha256).hexdigest() == self.headers["X-Signature"]
        fresh = abs(time.time() * 1000 - int(self.headers["X-Timestamp"])) < 60000
        if Service.away:
            return self.reply(503, {})
        if not good or not fresh or self.headers["X-App-Id"] != "yjs":
            return self.reply(401, {"error": "signature"})
        Service.asked.append(fields)
        if fields["number"].startswith("X"):
            return self.reply(404, {"error": "no licence"})
        return self.reply(200, {"licence": {"number": fields["number"], "holder": "A"}})

    def do_POST(self):
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.serve(text, json.loads(text))

    def do_GET(self):
        query = urllib.parse.urlparse(self.path).query
        self.serve(query, dict(urllib.parse.parse_qsl(query)))

    def reply(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


def prepare(kit, method):
    Service.asked, Service.away = [], False
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    kit.adapter(kit.config(f"breaker: {{failures: 2, open: 200ms}}\ndriver: {{name: lookup, url: \"http://127.0.0.1:{server.server_port}\","
                           f" method: {method}, application: yjs, secret: s3cret, cache: 1h, statuses: {{404: reject}}}}\n"
                           "steps: {brief: {cache: 100ms}}\n"))


def test_answers_are_signed_for_and_kept_by_their_input():
    for method in ("POST", "GET"):
        with Kit("e_licence") as kit:
            prepare(kit, method)
            first = kit.task(number="中 1&2")
            assert kit.final(first) == ("result", {"result": {"licence": {"number": "中 1&2", "holder": "A"}}})
            again = kit.task(number="中 1&2")
            assert kit.final(again)[0] == "result" and len(Service.asked) == 1
            assert kit.final(kit.task(number="X1"))[0] == "rejected"
            kit.final(kit.task("brief", number="中 1&2"))
            time.sleep(0.2)
            kit.final(kit.task("brief", number="中 1&2"))
            assert len(Service.asked) == 4


def test_queries_are_held_while_the_service_is_away():
    with Kit("e_licence") as kit:
        prepare(kit, "POST")
        Service.away = True
        tasks = [kit.task(number=f"L{i}") for i in range(5)]
        until(lambda: "breaker_open" in kit.log())
        Service.away = False
        kit.all_final(tasks)
        assert {kit.final(t)[0] for t in tasks} == {"result"}


if __name__ == "__main__":
    main(sys.modules[__name__])

"""The driver rest against a department's system with an HTTP API, in its three modes."""
import http.server
import json
import sys
import threading
import time

from kit import Kit, free_port, kill9, main, until

RESULTS = '{"filing": {"filing_no": "HT${seq}", "unit": "${input.unit_number}"}, "*": {"ok": true}}'


def prepare(kit, mode, *options):
    with open(f"{kit.folder}/results.json", "w", encoding="utf-8") as file:
        file.write(RESULTS)
    port, own = free_port(), free_port()
    start = lambda: kit.simulator("yjs-sim-rest", "--port", port, "--mode", mode, "--results", f"{kit.folder}/results.json",
                                  "--record", f"{kit.folder}/record", "--token", "t0ken", *options)
    config = kit.config(
        f"http: {{port: {own}}}\nretry: {{first: 20ms, most: 100ms, attempts: 10}}\nbreaker: {{failures: 3, open: 300ms}}\n"
        f"driver: {{name: rest, url: \"http://127.0.0.1:{port}\", mode: {mode}, token: t0ken, poll_every: 30ms,\n"
        f"         callback_url: \"http://127.0.0.1:{own}\", secret: s3cret, cancel_path: /cancel, answer_within: 2s}}\n")
    return start, config


def test_each_mode_brings_the_result():
    for mode in ("immediate", "callback", "polling"):
        with Kit() as kit:
            start, config = prepare(kit, mode, "--latency", "10ms..60ms")
            start()
            kit.adapter(config)
            tasks = [kit.task(unit_number=f"U{i}") for i in range(20)]
            kit.all_final(tasks)
            kind, data = kit.final(tasks[3])
            assert kind == "result" and data["result"]["unit"] == "U3", (mode, data)


def test_refusals_and_failures_end_as_rejected_and_granted():
    for mode in ("immediate", "callback", "polling"):
        with Kit() as kit:
            start, config = prepare(kit, mode, "--refuse", "0.3", "--fail", "0.3", "--latency", "1ms..20ms")
            start()
            kit.adapter(config)
            tasks = [kit.task() for _ in range(60)]
            kit.all_final(tasks)
            kinds = [kit.final(t)[0] for t in tasks]
            assert set(kinds) == {"result", "rejected"}, kinds
            kit.one_final_each(tasks)
            kit.same_id_is_same_bytes()


def test_tasks_are_held_while_the_system_is_away():
    with Kit() as kit:
        start, config = prepare(kit, "immediate")
        kit.adapter(config)
        tasks = [kit.task() for _ in range(10)]
        until(lambda: "breaker_open" in kit.log())
        time.sleep(0.5)
        assert not any(kit.answers(t) for t in tasks)
        start()
        kit.all_final(tasks)
        assert {kit.final(t)[0] for t in tasks} == {"result"}


def test_cancellation_reaches_the_system():
    with Kit() as kit:
        start, config = prepare(kit, "polling", "--latency", "1h")
        start()
        kit.adapter(config)
        task = kit.task()
        until(lambda: '"taken"' in kit.record())
        kit.cancel(task)
        assert kit.final(task)[0] == "cancelled"


class ThinkingSystem:
    """A system of its own, that takes tasks and polls; it answers cancellations by `status`, and while that is None not at all."""

    def __init__(self, mode):
        self.asked, self.status, self.ready = [], None, False
        system, ended = self, threading.Event()

        class Requests(http.server.BaseHTTPRequestHandler):
            def reply(self, status, document):
                body = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                self.reply(*((200, {"done": True}) if system.ready else (202, {"pending": True})))

            def do_POST(self):
                given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                system.asked.append((self.path, given["task"], given.get("reason")))
                if self.path == "/cancel":
                    if system.status is None:
                        ended.wait()
                    else:
                        self.reply(system.status, {})
                elif mode == "immediate":
                    while not system.ready and not ended.wait(0.05):
                        pass
                    self.reply(200, {"done": True})
                else:
                    self.reply(202, {"ticket": "T1"})

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):     # of a connection whose adapter was killed
                pass

        self.server = Server(("127.0.0.1", 0), Requests)
        self.port = self.server.server_address[1]
        self.ended = ended
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()

    def cancellations(self, task):
        return self.asked.count(("/cancel", task, "moved away"))


def test_cancellation_that_is_asked_about_outlives_a_kill():
    for mode in ("immediate", "callback", "polling"):
        for status, kinds in ((200, ["cancelled"]), (409, ["cancel_refused"])):
            with Kit() as kit, ThinkingSystem(mode) as system:
                own = free_port()
                path = kit.config(
                    f"http: {{port: {own}}}\nretry: {{first: 20ms, most: 100ms, attempts: 10}}\n"
                    f"driver: {{name: rest, url: \"http://127.0.0.1:{system.port}\", mode: {mode}, poll_every: 30ms,\n"
                    f"         callback_url: \"http://127.0.0.1:{own}\", secret: s3cret, cancel_path: /cancel}}\n")
                adapter = kit.adapter(path)
                task = kit.task()
                until(lambda: [a for a in system.asked if a[1] == task])
                time.sleep(0.3)
                kit.cancel(task, "moved away")
                until(lambda: system.cancellations(task) == 1)
                for times in (2, 3):      # the question is kept until it is answered
                    time.sleep(0.5)       # it is durable by now
                    kill9(adapter)
                    if times == 3:
                        system.status = status
                    adapter = kit.adapter(path, check=False)
                    until(lambda: system.cancellations(task) == times)
                until(lambda: kit.answers(task))
                if status == 409 and mode != "callback":
                    system.ready = True
                    kinds = kinds + ["result"]
                    kit.final(task)
                time.sleep(0.5)
                assert kit.kinds(task) == kinds, (mode, kit.answers(task))
                assert system.cancellations(task) == 3, (mode, system.asked)
                kit.same_id_is_same_bytes()


def test_nothing_is_lost_when_the_adapter_is_killed():
    for mode in ("immediate", "callback", "polling"):
        with Kit() as kit:
            start, config = prepare(kit, mode, "--latency", "5ms..100ms", "--refuse", "0.2", "--fail", "0.1")
            start()
            adapter, tasks = kit.adapter(config), []
            for _ in range(5):
                tasks += [kit.task() for _ in range(40)]
                time.sleep(0.3)
                kill9(adapter)
                adapter = kit.adapter(config, check=False)
            kit.all_final(tasks)
            kit.one_final_each(tasks)
            kit.same_id_is_same_bytes()


if __name__ == "__main__":
    main(sys.modules[__name__])

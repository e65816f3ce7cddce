"""The driver rest against a department's system with an HTTP API, in its three modes."""
import sys
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
        start, config = prepare(kit, "polling", "--latency", "10s")
        start()
        kit.adapter(config)
        task = kit.task()
        until(lambda: '"taken"' in kit.record())
        kit.cancel(task)
        assert kit.final(task)[0] == "cancelled"


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

"""The drivers lease and worklist: work that is fetched, by a robot or by people."""
import sys
import time

from kit import Kit, free_port, http, kill9, main, until


def prepare(kit, driver, more=""):
    port = free_port()
    return f"http://127.0.0.1:{port}", kit.config(f"http: {{port: {port}}}\ndriver: {{name: {driver}, token: t0ken{more}}}\n")


def lease(url, **body):
    status, reply = http("POST", url + "/lease", body, "t0ken")
    assert status == 200, reply
    return reply["tasks"]


def answer(url, task, kind="result", **data):
    status, reply = http("POST", url + "/answer", {"task": task, "answer": {"kind": kind, **data}}, "t0ken")
    assert status == 200, reply
    return reply["answers"][0]["state"]


def test_robot_leases_and_answers():
    with Kit() as kit:
        url, config = prepare(kit, "lease")
        kit.adapter(config)
        kit.simulator("yjs-sim-robot", "--url", url, "--token", "t0ken", "--latency", "1ms..20ms", "--refuse", "0.2", "--fail",
                      "0.1", "--seconds", 1, "--record", f"{kit.folder}/record")
        tasks = [kit.task() for _ in range(100)]
        kit.all_final(tasks)
        assert {kit.final(t)[0] for t in tasks} == {"result", "rejected"}
        assert '"forgotten"' in kit.record()
        kit.one_final_each(tasks)


def test_lease_without_the_token_is_refused():
    with Kit() as kit:
        url, config = prepare(kit, "lease")
        kit.adapter(config)
        until(lambda: "reading" in kit.log())
        assert http("POST", url + "/lease", {})[0] == 401
        assert http("POST", url + "/lease", {}, "wrong")[0] == 401


def test_lease_that_runs_out_makes_the_task_ready_and_a_late_answer_is_taken():
    with Kit() as kit:
        url, config = prepare(kit, "lease", ", usual: 1h")
        _, set_clock = kit.adapter_with_clock(config)
        until(lambda: "reading" in kit.log())
        task = kit.task()
        first = until(lambda: lease(url, who="a"))
        assert first[0]["task"] == task and lease(url) == []
        set_clock(3601)
        second = until(lambda: lease(url, who="b"))
        assert second[0]["task"] == task and second[0]["lease"] != first[0]["lease"]
        assert answer(url, task, result={"by": "a"}) == "taken"
        assert answer(url, task, result={"by": "b"}) == "ended"
        assert kit.final(task) == ("result", {"result": {"by": "a"}})


def test_lease_is_extended_and_released_only_by_who_has_it():
    with Kit() as kit:
        url, config = prepare(kit, "lease")
        _, set_clock = kit.adapter_with_clock(config)
        until(lambda: "reading" in kit.log())
        task = kit.task()
        held = until(lambda: lease(url, seconds=600))[0]["lease"]
        assert http("POST", url + "/extend", {"task": task, "lease": "1"}, "t0ken")[0] == 409
        status, extended = http("POST", url + "/extend", {"task": task, "lease": held, "seconds": 3000}, "t0ken")
        assert status == 200 and http("POST", url + "/release", {"task": task, "lease": held}, "t0ken")[0] == 409
        other = kit.task()
        until(lambda: lease(url, seconds=600))
        set_clock(601)
        assert until(lambda: lease(url, most=100))[0]["task"] == other and lease(url) == []    # task's is not over
        assert http("POST", url + "/release", {"task": task, "lease": extended["lease"]}, "t0ken")[0] == 200
        assert lease(url)[0]["task"] == task


def test_lease_outlives_a_killed_adapter():
    with Kit() as kit:
        url, config = prepare(kit, "lease", ", usual: 1h")
        adapter, _ = kit.adapter_with_clock(config)
        until(lambda: "reading" in kit.log())
        tasks = [kit.task() for _ in range(5)]
        until(lambda: "tasks_resting{department=\"housing\"} 5" in http("GET", url + "/metrics")[1])
        held = lease(url, most=3)
        kill9(adapter)
        _, set_clock = kit.adapter_with_clock(config, check=False)
        until(lambda: kit.log().count("reading the") == 2)
        held_ids = {t["task"] for t in held}
        assert {t["task"] for t in lease(url, most=100)} == set(tasks) - held_ids
        set_clock(3601)
        again = set()
        until(lambda: again.update(t["task"] for t in lease(url, most=100)) or again == set(tasks))


def test_cancelled_task_is_no_longer_leased_but_one_being_worked_on_is_not_cancelled():
    with Kit() as kit:
        url, config = prepare(kit, "lease")
        kit.adapter(config)
        until(lambda: "reading" in kit.log())
        worked = kit.task()
        until(lambda: lease(url))
        ready = kit.task()
        until(lambda: "tasks_resting{department=\"housing\"} 2" in http("GET", url + "/metrics")[1])
        kit.cancel(worked)
        kit.cancel(ready)
        assert kit.final(ready)[0] == "cancelled"
        until(lambda: kit.kinds(worked) == ["cancel_refused"])
        assert lease(url) == []


def test_correction_takes_the_task_off_the_desk_until_it_is_answered():
    with Kit() as kit:
        url, config = prepare(kit, "lease")
        kit.adapter(config)
        until(lambda: "reading" in kit.log())
        task = kit.task()
        until(lambda: lease(url))
        assert answer(url, task, "correction", reasons=[{"what": "name", "why": "missing"}]) == "open"
        assert lease(url) == []
        kit.correct(task, {"name": "B"})
        again = until(lambda: lease(url))[0]["request"]
        assert again["type"] == "correction_answer" and again["correction"]["form"] == {"name": "B"}
        assert answer(url, task, result={}) == "taken"
        assert kit.kinds(task) == ["correction"] or kit.final(task)[0] == "result"


def refused(reply, pointer):
    status, problem = reply
    assert (status, problem["code"], [f["pointer"] for f in problem["faults"]]) == (422, "answer_faulty", [pointer]), reply
    return problem["faults"][0]["message"]


def test_faulty_answer_of_a_robot_is_refused_and_the_lease_stays():
    with Kit() as kit:
        url, config = prepare(kit, "lease")
        kit.adapter(config)
        until(lambda: "reading" in kit.log())
        task = kit.task()
        until(lambda: lease(url))
        post = lambda **body: http("POST", url + "/answer", body, "t0ken")
        assert refused(post(task=task, answer={"kind": "rejected"}), "/answer/reason") == "must be a text that is not empty"
        refused(post(task=task, answer={"kind": "perhaps"}), "/answer/kind")
        status, reply = post(answers=[{"task": task, "answer": {"kind": "result", "result": 7}}, {"task": "none"}])
        assert status == 200 and [a["state"] for a in reply["answers"]] == ["faulty", "unknown"], reply
        assert reply["answers"][0]["faults"] == [{"pointer": "/answer/result", "message": "must be an object"}]
        assert lease(url) == [] and kit.kinds(task) == []
        assert answer(url, task, "rejected", reason="no") == "taken"
        assert kit.final(task)[0] == "rejected"


def on_the_worklist(kit):
    """One task that lies ready: where the worklist is, and the task."""
    url, config = prepare(kit, "worklist")
    kit.adapter(config)
    until(lambda: "reading" in kit.log())
    task = kit.task()
    until(lambda: http("GET", url + "/worklist", token="t0ken")[1]["tasks"])
    return url, task


def test_faulty_answer_of_a_clerk_is_refused_and_the_task_stays_with_them():
    with Kit() as kit:
        url, task = on_the_worklist(kit)
        post = lambda verb, **more: http("POST", f"{url}/worklist/{verb}", {"task": task, "person": "wang", **more}, "t0ken")
        assert post("claim")[0] == 200
        refused(post("answer"), "/answer")
        refused(post("answer", answer={"kind": "error", "message": "m", "retryable": "yes"}), "/answer/retryable")
        refused(post("answer", answer={"kind": "extend", "reason": "r" * 70000, "days": 3}), "/answer")
        assert http("GET", url + "/worklist?person=wang", token="t0ken")[1]["tasks"][0]["held_by"] == "wang"
        assert post("answer", answer={"kind": "result", "result": {}}) == (200, {"state": "taken"})
        assert kit.final(task)[0] == "result"


def test_higher_priority_lies_in_front_then_the_oldest():
    for driver, path in (("lease", None), ("worklist", "/worklist")):
        with Kit() as kit:
            url, config = prepare(kit, driver)
            adapter = kit.adapter(config)
            until(lambda: "reading" in kit.log())
            low, first, second, high = [kit.task(caseid="N1", step=f"s{i}", priority=p) for i, p in enumerate((-1, None, 0, 30))]
            lie_ready = lambda: "tasks_resting{department=\"housing\"} 4" in http("GET", url + "/metrics")[1]
            until(lie_ready)
            kill9(adapter)
            kit.adapter(config, check=False)
            until(lambda: kit.log().count("reading the") == 2)
            until(lie_ready)     # what was not durable is read again
            tasks = lease(url, most=10) if driver == "lease" else http("GET", url + path, token="t0ken")[1]["tasks"]
            assert [t["task"] for t in tasks] == [high, first, second, low], tasks
            if driver == "worklist":
                assert [t["priority"] for t in tasks] == [30, 0, 0, -1]
                assert http("POST", url + "/worklist/claim", {"task": low, "person": "wang"}, "t0ken")[0] == 200
                own = http("GET", url + "/worklist?person=wang&most=2", token="t0ken")[1]["tasks"]
                assert [t["task"] for t in own] == [low, high], own


def test_clerk_claims_and_answers():
    with Kit() as kit:
        url, config = prepare(kit, "worklist")
        kit.adapter(config)
        for person in ("wang", "li"):
            kit.simulator("yjs-sim-clerk", "--url", url, "--token", "t0ken", "--person", person, "--latency", "1ms..10ms",
                          "--refuse", "0.2", "--record", f"{kit.folder}/record")
        tasks = [kit.task() for _ in range(60)]
        kit.all_final(tasks)
        assert {kit.final(t)[0] for t in tasks} == {"result", "rejected"}
        kit.one_final_each(tasks)


def test_only_who_claimed_a_task_may_answer_it():
    with Kit() as kit:
        url, task = on_the_worklist(kit)
        post = lambda verb, person, **more: http("POST", f"{url}/worklist/{verb}", {"task": task, "person": person, **more}, "t0ken")
        assert post("claim", "wang") == (200, {"state": "held"})
        assert post("claim", "li")[0] == 409
        assert post("answer", "li", answer={"kind": "result", "result": {}})[0] == 409
        assert http("GET", url + "/worklist?person=li", token="t0ken")[1]["tasks"] == []
        assert http("GET", url + "/worklist?person=wang", token="t0ken")[1]["tasks"][0]["held_by"] == "wang"
        assert post("answer", "wang", answer={"kind": "result", "result": {"ok": 1}}) == (200, {"state": "taken"})
        assert kit.final(task) == ("result", {"result": {"ok": 1}})


def test_nothing_is_lost_when_the_adapter_is_killed():
    for driver, simulator in (("lease", "yjs-sim-robot"), ("worklist", "yjs-sim-clerk")):
        with Kit() as kit:
            url, config = prepare(kit, driver)
            adapter, tasks = kit.adapter(config), []
            kit.simulator(simulator, "--url", url, "--token", "t0ken", "--latency", "1ms..5ms", "--refuse", "0.2",
                          *(("--seconds", 1) if driver == "lease" else ()))
            for _ in range(5):
                tasks += [kit.task() for _ in range(20)]
                time.sleep(0.4)
                kill9(adapter)
                adapter = kit.adapter(config, check=False)
            kit.all_final(tasks)
            kit.one_final_each(tasks)
            kit.same_id_is_same_bytes()


if __name__ == "__main__":
    main(sys.modules[__name__])

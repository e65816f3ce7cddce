"""The driver exec against a program that is slow, refuses, fails and dies."""
import os
import sys
import time

from kit import Kit, free_port, http, kill9, main, program, until


def config(kit, *options, more=""):
    command = ", ".join(f'"{part}"' for part in (program("yjs-sim-exec"), "--record", f"{kit.folder}/record", *options))
    return kit.config(f"retry: {{first: 20ms, most: 100ms, attempts: 10}}\nbreaker: {{failures: 50, open: 100ms}}\n"
                      f"driver: {{name: exec, command: [{command}], processes: 2, in_flight: 20}}\n" + more)


def test_lines_are_answered():
    with Kit() as kit:
        kit.adapter(config(kit, "--latency", "1ms..50ms", "--refuse", "0.2"))
        tasks = [kit.task(unit_number=f"U{i}") for i in range(100)]
        kit.all_final(tasks)
        assert {kit.final(t)[0] for t in tasks} == {"result", "rejected"}


# Writes down what it is given, and answers nothing before the file `go` is there.
HELD_PROGRAM = """
import json, os, sys, time
for line in sys.stdin:
    task = json.loads(line)["task"]
    with open(sys.argv[1] + "/record", "a") as record:
        record.write(task + "\\n")
    while not os.path.exists(sys.argv[1] + "/go"):
        time.sleep(0.02)
    print(json.dumps({"task": task, "kind": "result", "result": {}}), flush=True)
"""


def test_work_of_higher_priority_is_begun_first_then_the_oldest():
    for killed in (False, True):
        with Kit() as kit:
            port = free_port()
            with open(f"{kit.folder}/program.py", "w", encoding="utf-8") as file:
                file.write(HELD_PROGRAM)
            path = kit.config(f"http: {{port: {port}}}\nmost_running: 1\ndriver: {{name: exec, command: "
                              f"[{sys.executable}, {kit.folder}/program.py, {kit.folder}]}}\n")
            adapter = kit.adapter(path)
            four_wait = lambda: "tasks_ready{department=\"housing\"} 4" in http("GET", f"http://127.0.0.1:{port}/metrics")[1]
            begun = kit.task(caseid="N1")
            until(lambda: begun in kit.record())
            low, first, second, high = [kit.task(caseid="N1", step=f"s{i}", priority=p) for i, p in enumerate((-1, None, 0, 30))]
            until(four_wait)
            if killed:
                kill9(adapter)
                kit.adapter(path, check=False)
                until(lambda: kit.log().count(" reading: ") == 2 and four_wait())
            open(f"{kit.folder}/go", "w").close()
            kit.all_final([begun, low, first, second, high])
            order = sorted((low, first, second, high), key=kit.record().index)
            assert order == [high, first, second, low], (killed, kit.record())


def test_mapping_makes_request_and_answer():
    with Kit() as kit:
        more = ("steps:\n  filing:\n    request: '{unit: .input.unit_number}'\n"
                "    answer: '{kind: \"result\", result: {was: .task.input.unit_number, got: .body.result}}'\n")
        kit.adapter(config(kit, more=more))
        assert kit.final(kit.task(unit_number="U9")) == ("result", {"result": {"was": "U9", "got": {}}})


def test_requirement_that_does_not_hold_is_an_error():
    with Kit() as kit:
        kit.adapter(config(kit, more="steps: {filing: {require: '.input.unit_number != null'}}\n"))
        kind, data = kit.final(kit.task())
        assert kind == "error" and data["code"] == "bad_input" and data["retryable"] is False
        assert kit.final(kit.task(unit_number="U"))[0] == "result"


def test_programs_that_do_not_end_with_their_input_hold_up_an_end_for_a_second_together():
    with Kit() as kit:
        adapter = kit.adapter(kit.config("drain: 1s\ndriver: {name: exec, command: [sleep, \"100\"], processes: 12}\n"))
        kit.task()
        until(lambda: " reading: " in kit.log())
        time.sleep(0.5)
        begun = time.monotonic()
        adapter.terminate()
        assert adapter.wait(60) == 0
        assert time.monotonic() - begun < 5, time.monotonic() - begun


def test_program_that_dies_is_started_again_and_loses_nothing():
    with Kit() as kit:
        kit.adapter(config(kit, "--latency", "1ms..20ms", "--die", "0.05"))
        tasks = [kit.task() for _ in range(200)]
        kit.all_final(tasks)
        assert "program_ended" in kit.log()
        kit.one_final_each(tasks)


def test_cancellation_reaches_the_program():
    with Kit() as kit:
        kit.adapter(config(kit, "--latency", "20s"))
        task = kit.task()
        until(lambda: '"taken"' in kit.record())
        kit.cancel(task)
        assert kit.final(task)[0] == "cancelled"


# Writes down what it is given. What it says about a cancellation stands in the file `verdict`; while that is missing, nothing.
THINKING_PROGRAM = """
import json, os, sys, time
folder = sys.argv[1]
for line in sys.stdin:
    given = json.loads(line)
    with open(folder + "/record", "a") as record:
        record.write(given["type"] + " " + given["task"] + " " + given.get("reason", "-") + "\\n")
    if given["type"] != "cancel" or not os.path.exists(folder + "/verdict"):
        continue
    for kind in open(folder + "/verdict").read().split():
        if kind == "die":
            os.remove(folder + "/verdict")
            sys.exit(1)
        print(json.dumps({"task": given["task"], "kind": kind, "reason": "so it says", "result": {}}), flush=True)
"""


def thinking(kit):
    with open(f"{kit.folder}/program.py", "w", encoding="utf-8") as file:
        file.write(THINKING_PROGRAM)
    return kit.config(f"retry: {{first: 20ms, most: 100ms, attempts: 10}}\ndriver: {{name: exec, command: "
                      f"[{sys.executable}, {kit.folder}/program.py, {kit.folder}]}}\n")


def say(kit, *kinds):
    with open(f"{kit.folder}/verdict.new", "w", encoding="utf-8") as file:
        file.write(" ".join(kinds))
    os.rename(f"{kit.folder}/verdict.new", f"{kit.folder}/verdict")


def ask(kit):
    """A task of which the program was asked whether it can be called back."""
    task = kit.task()
    until(lambda: f"task {task} -\n" in kit.record())
    kit.cancel(task, "moved away")
    until(lambda: f"cancel {task} moved away\n" in kit.record())
    time.sleep(0.5)     # it is durable by now
    return task


def test_cancellation_that_is_asked_about_outlives_a_kill():
    for verdict, kinds in ((["cancelled"], ["cancelled"]), (["cancel_refused", "result"], ["cancel_refused", "result"])):
        with Kit() as kit:
            path = thinking(kit)
            adapter = kit.adapter(path)
            task = ask(kit)
            for _ in range(2):      # the question is kept until it is answered
                kill9(adapter)
                before = kit.record()
                adapter = kit.adapter(path, check=False)
                until(lambda: f"task {task} -\ncancel {task} moved away\n" in kit.record()[len(before):])
                time.sleep(0.5)
            kill9(adapter)
            say(kit, *verdict)
            kit.adapter(path, check=False)
            kit.final(task)
            time.sleep(0.5)
            assert kit.kinds(task) == kinds, kit.answers(task)
            kit.one_final_each([task])
            kit.same_id_is_same_bytes()


def test_cancellation_that_was_refused_is_not_asked_about_again():
    with Kit() as kit:
        path = thinking(kit)
        adapter = kit.adapter(path)
        say(kit, "cancel_refused")
        task = ask(kit)
        until(lambda: kit.kinds(task) == ["cancel_refused"])
        time.sleep(0.5)
        kill9(adapter)
        kit.adapter(path, check=False)
        until(lambda: kit.record().count(f"task {task} ") == 2)
        time.sleep(0.5)
        assert kit.record().count(f"cancel {task} ") == 1, kit.record()
        assert kit.kinds(task) == ["cancel_refused"]


def test_program_that_dies_over_a_cancellation_is_asked_again():
    with Kit() as kit:
        kit.adapter(thinking(kit))
        say(kit, "die")
        task = ask(kit)
        until(lambda: kit.record().count(f"cancel {task} moved away\n") == 2)
        assert kit.record().split("\n")[2:4] == [f"task {task} -", f"cancel {task} moved away"], kit.record()
        assert not kit.answers(task)


def test_nothing_is_lost_when_the_adapter_is_killed():
    with Kit() as kit:
        path = config(kit, "--latency", "1ms..50ms", "--refuse", "0.2", "--fail", "0.1")
        adapter, tasks = kit.adapter(path), []
        for _ in range(5):
            tasks += [kit.task() for _ in range(60)]
            time.sleep(0.25)
            kill9(adapter)
            adapter = kit.adapter(path, check=False)
        kit.all_final(tasks)
        kit.one_final_each(tasks)
        kit.same_id_is_same_bytes()


if __name__ == "__main__":
    main(sys.modules[__name__])

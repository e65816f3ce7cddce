"""The driver exec against a program that is slow, refuses, fails and dies."""
import sys
import time

from kit import Kit, kill9, main, program, until


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


def test_work_of_higher_priority_is_begun_first_then_the_oldest():
    for killed in (False, True):
        with Kit() as kit:
            path = config(kit, "--latency", "1s", more="most_running: 1\n")
            adapter = kit.adapter(path)
            begun = kit.task(caseid="N1")
            until(lambda: begun in kit.record())
            low, first, second, high = [kit.task(caseid="N1", step=f"s{i}", priority=p) for i, p in enumerate((-1, None, 0, 30))]
            if killed:
                time.sleep(0.5)
                kill9(adapter)
                kit.adapter(path, check=False)
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

"""The library, by way of the driver that needs no department: reading, answering, cancelling, correcting, crashing."""
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

from kit import Kit, free_port, http, kill9, main, program, until

PLAIN = "driver: {name: simulate, result: {filing_no: \"HT${seq}\", unit: \"${input.unit_number}\"}}\n"


def test_task_is_answered_with_the_result_of_its_template():
    with Kit() as kit:
        kit.adapter(kit.config(PLAIN))
        task = kit.task(unit_number="U-7")
        kind, data = kit.final(task)
        assert kind == "result" and data["result"]["unit"] == "U-7" and data["result"]["filing_no"].startswith("HT")
        message = kit.answers(task)[0]
        assert message["key"] == task.split(":")[0] and message["headers"]["ce_id"] == task + ":result"
        assert message["headers"]["ce_source"] == f"/{kit.region}/housing" and message["headers"]["ce_attempt"] == "1"


def test_results_of_a_file_are_given_by_step_element_and_undo():
    with Kit() as kit:
        path = os.path.join(kit.folder, "results.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write('filing: {no: "F${seq}"}\nfiling/undo: {undone: true}\ncheck: {bank: "${input.bank}"}\n"*": {other: "${step}"}\n')
        kit.adapter(kit.config(f"driver: {{name: simulate, results: {path}}}\nsteps: {{own: {{result: {{mine: true}}}}}}\n"))
        first, element, other, own = kit.task(), kit.task("check.3", bank="102"), kit.task("title"), kit.task("own")
        undo = kit.task(caseid="U1", kind="compensate", identity="U1:filing:1:undo:1")
        assert kit.final(first)[1]["result"]["no"].startswith("F")
        assert kit.final(element)[1]["result"] == {"bank": "102"}
        assert kit.final(other)[1]["result"] == {"other": "title"}
        assert kit.final(own)[1]["result"] == {"mine": True}
        assert kit.final(undo)[1]["result"] == {"undone": True}


def test_result_may_depend_on_what_was_asked():
    with Kit() as kit:
        path = os.path.join(kit.folder, "results.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write('pay: {list: {"${each input.heirs}": {to: "${input.name}", first: "${input.accounts.0}"}}}\n'
                       'check: {"${if input.why = illness}": {short: 12}, "${if input.more has water}": {short: 3}, "${else}": {short: 0}}\n')
        kit.adapter(kit.config(f"driver: {{name: simulate, results: {path}}}\n"))
        paid = kit.task("pay", heirs=[{"name": "a", "accounts": [1, 2]}, {"name": "b", "accounts": []}])
        ill, more, other = kit.task("check", why="illness"), kit.task("check", why="x", more=["gas", "water"]), kit.task("check", more=["gas"])
        assert kit.final(paid)[1]["result"]["list"] == [{"to": "a", "first": 1}, {"to": "b", "first": ""}]
        assert [kit.final(t)[1]["result"]["short"] for t in (ill, more, other)] == [12, 3, 0]


def test_results_that_cannot_be_read_are_a_fault_of_the_configuration():
    with Kit() as kit:
        for results, said in (("/no/such.yaml", "no/such.yaml"), (kit.config("- 1\n", "list"), "`results`")):
            path = kit.config(f"driver: {{name: simulate, results: {results}}}\n")
            done = subprocess.run([program("yjs-adapter"), "--config", path, "--check-config"], capture_output=True, text=True)
            assert done.returncode == 2 and said in done.stderr, done.stderr


def test_repeated_task_gives_the_same_answer_bytes():
    for keep in ("offsets", "tasks"):
        with Kit() as kit:
            kit.adapter(kit.config(f"keep: {keep}\n" + PLAIN))
            task = kit.task(caseid="R1")
            kit.final(task)
            kit.task(caseid="R1")
            until(lambda: len(kit.answers(task)) == 2)
            if keep == "tasks":
                kit.same_id_is_same_bytes()
            first, second = kit.answers(task)
            assert first["value"] == second["value"] and first["headers"]["ce_id"] == second["headers"]["ce_id"]


def test_task_that_comes_again_while_it_is_worked_on_is_worked_on_once():
    for keep in ("offsets", "tasks"):
        with Kit() as kit:
            _, set_clock = kit.adapter_with_clock(kit.config(
                f"keep: {keep}\ndriver: {{name: simulate, latency: 1h, accept: true, result: {{filing_no: \"HT${{seq}}\"}}}}\n"))
            task = kit.task(caseid="R2")
            kit.task(caseid="R2")
            behind = kit.task("title", caseid="R2")
            until(lambda: kit.kinds(behind) == ["accepted"])    # both were read
            set_clock(3601)
            kit.final(task)
            kit.final(behind)
            time.sleep(0.3)
            assert [m["headers"]["ce_type"] for m in kit.answers(task)] == ["accepted", "result"], kit.answers(task)


def test_cancellation_before_its_task_suppresses_it():
    for keep in ("offsets", "tasks"):
        with Kit() as kit:
            kit.adapter(kit.config(f"keep: {keep}\n" + PLAIN))
            kit.cancel("C1:filing:1")
            assert kit.final("C1:filing:1") == ("cancelled", {})
            kit.task(caseid="C1")
            other = kit.task(caseid="C2")
            kit.final(other)
            time.sleep(0.3)
            assert kit.kinds("C1:filing:1") == ["cancelled"]


def test_cancellation_of_a_decided_task_is_refused():
    for keep in ("offsets", "tasks"):
        with Kit() as kit:
            kit.adapter(kit.config(f"keep: {keep}\n" + PLAIN))
            task = kit.task()
            kit.final(task)
            kit.cancel(task)
            until(lambda: kit.kinds(task) == ["result", "cancel_refused"])


def test_cancellation_of_a_resting_task_is_done():
    with Kit() as kit:
        kit.adapter(kit.config("keep: tasks\ndriver: {name: simulate, latency: 1h, accept: true}\n"))
        task = kit.task()
        until(lambda: kit.kinds(task) == ["accepted"])
        kit.cancel(task)
        assert kit.final(task)[0] == "cancelled"


def test_correction_is_asked_and_its_answer_leads_to_the_result():
    with Kit() as kit:
        kit.adapter(kit.config("keep: tasks\ndriver: {name: simulate, correct: 1}\n"))
        task = kit.task()
        until(lambda: kit.kinds(task) == ["correction"])
        kit.correct(task, {"name": "B"})
        assert kit.final(task)[0] == "result"


def test_a_cancelled_task_stays_cancelled_when_it_is_read_again_after_a_crash():
    with Kit() as kit:
        path = kit.config("keep: offsets\ndriver: {name: simulate, latency: 1h}\n")
        adapter, _ = kit.adapter_with_clock(path)
        first, task = kit.task(caseid="K1"), kit.task("title", caseid="K1")    # the first one holds the offset back
        until(lambda: " reading: " in kit.log())
        kit.cancel(task)
        until(lambda: kit.kinds(task) == ["cancelled"])
        kill9(adapter)
        kit.adapter(kit.config("keep: offsets\n" + PLAIN))
        kit.final(first)
        kit.final(kit.task("check", caseid="K1"))                     # behind it
        assert kit.kinds(task) == ["cancelled"]
        kit.same_id_is_same_bytes()


def test_a_corrected_task_is_corrected_when_it_is_read_again_after_a_crash():
    with Kit() as kit:
        path = kit.config("keep: offsets\ndriver: {name: simulate, correct: 1}\n")
        adapter = kit.adapter(path)
        first, task = kit.task(caseid="K1"), kit.task("title", caseid="K1")    # the first one holds the offset back
        until(lambda: kit.kinds(first) == kit.kinds(task) == ["correction"])
        kit.correct(task, {"name": "B"})
        kit.final(task)
        kill9(adapter)
        kit.adapter(path)
        until(lambda: [m["headers"]["ce_type"] for m in kit.answers(task)].count("result") == 2)
        kit.correct(first, {"name": "B"})
        kit.final(first)
        kit.same_id_is_same_bytes()


def test_compensation_is_answered_under_its_own_id():
    with Kit() as kit:
        kit.adapter(kit.config(PLAIN))
        undo = kit.task(caseid="U1", kind="compensate", identity="U1:filing:1:undo:1")
        kit.final(undo)
        headers = kit.answers(undo)[0]["headers"]
        assert headers["ce_task"] == undo and headers["ce_id"] == undo + ":result"


def test_malformed_messages_are_passed_over_and_counted():
    with Kit() as kit:
        port = free_port()
        kit.adapter(kit.config(f"http: {{port: {port}}}\n" + PLAIN))
        kit.post("task", "B1:filing:1", "no json", "B1", "filing")
        kit.post("task", "B2:filing:1", {"a": 1}, "B2", "filing", attempt="x")
        kit.post("riddle", "B3:filing:1", {"a": 1}, "B3", "filing")
        kit.final(kit.task())
        metrics = until(lambda: "refused_total{department=\"housing\"} 3" in http("GET", f"http://127.0.0.1:{port}/metrics")[1])
        assert metrics
        assert http("GET", f"http://127.0.0.1:{port}/healthz")[0] == 200


def crash(keep, latency, rounds, pause):
    with Kit() as kit:
        config = kit.config(f"keep: {keep}\ndriver: {{name: simulate, latency: {latency}, accept: true, refuse: 0.2, fail: 0.1, "
                            "result: {no: \"N${seq}\"}}\n")
        tasks = []
        adapter = kit.adapter(config)
        for _ in range(rounds):
            tasks += [kit.task(unit_number=str(i)) for i in range(150)]
            time.sleep(pause)
            kill9(adapter)
            adapter = kit.adapter(config, check=False)
        kit.all_final(tasks)
        kit.one_final_each(tasks)
        kit.same_id_is_same_bytes()
        kit.final(kit.task())      # it is at work: before its main the signal would be the system's, and end it with -15
        adapter.send_signal(signal.SIGTERM)
        code = adapter.wait(15)
        assert code == 0, (code, kit.log()[-2000:])


def test_nothing_is_lost_or_answered_differently_when_the_adapter_is_killed_with_stored_tasks():
    crash("tasks", "5ms..200ms", 6, 0.25)


def test_nothing_is_lost_or_answered_differently_when_the_adapter_is_killed_with_stored_offsets():
    crash("offsets", "5ms..3s", 3, 2.2)      # offsets are written once a second


def test_an_answer_that_kafka_never_takes_holds_up_no_other():
    with Kit() as kit:
        adapter = kit.adapter(kit.config('driver: {name: simulate, result: {text: "${input.text}"}}\n', properties=", message.max.bytes: 3000"))
        large = kit.task(text="x" * 3000)
        until(lambda: f"task={large} " in kit.log() and "too large" in kit.log())
        kit.all_final([kit.task(text="x") for _ in range(20)], 5)
        assert kit.answers(large) == [] and kit.log().count(f"task={large} ") == 1, kit.log()
        adapter.terminate()
        assert adapter.wait(15) == 0
        kit.adapter(kit.config('driver: {name: simulate, result: {text: "${input.text}"}}\n'))
        assert kit.final(large)[1]["result"]["text"] == "x" * 3000      # kept until it can go


def offsets_stored(kit):
    """Their sum as a crash would leave it: the adapter holds its store locked, so a copy is asked."""
    for end in ("", "-wal"):
        if os.path.exists(f"{kit.folder}/adapter.sqlite{end}"):
            shutil.copyfile(f"{kit.folder}/adapter.sqlite{end}", f"{kit.folder}/copy.sqlite{end}")
    store = sqlite3.connect(f"{kit.folder}/copy.sqlite")
    try:
        return store.execute("SELECT sum(next) FROM offset_").fetchone()[0]
    except sqlite3.DatabaseError:     # copied amid a write
        return None
    finally:
        store.close()


def test_a_clock_that_is_set_back_by_an_hour_holds_nothing_up():
    with Kit() as kit:
        adapter, set_clock = kit.adapter_with_clock(kit.config("keep: offsets\ndriver: {name: simulate, latency: 1s, accept: true}\n"))
        resting = [kit.task() for _ in range(10)]
        until(lambda: all(kit.kinds(task) == ["accepted"] for task in resting))
        set_clock(-3600)
        later = [kit.task() for _ in range(10)]
        kit.all_final(resting + later, 10)
        until(lambda: offsets_stored(kit) == 20)     # they are written once a second
        kill9(adapter)


def in_store(kit, statement):
    store = sqlite3.connect(f"{kit.folder}/adapter.sqlite")
    store.execute(statement)
    store.commit()
    store.close()


def test_a_store_that_fails_amid_a_batch_loses_no_task_of_it():
    """As it does without memory or disk: SQLite takes the whole transaction back, and what is written after that would be kept."""
    with Kit() as kit:
        path = kit.config('keep: tasks\ndriver: {name: simulate, result: {no: "N${seq}"}}\n')
        adapter = kit.adapter(path)
        tasks = [kit.task() for _ in range(4)]
        kit.all_final(tasks)
        adapter.terminate()
        adapter.wait(20)
        in_store(kit, "CREATE TRIGGER full BEFORE INSERT ON task WHEN (SELECT count(*) FROM task) >= 9 "
                      "BEGIN SELECT RAISE(ROLLBACK, 'the disk is full'); END")
        tasks += [kit.task() for _ in range(20)]
        adapter = kit.adapter(path)
        assert adapter.wait(20) != 0 and "the disk is full" in kit.log(), kit.log()
        in_store(kit, "DROP TRIGGER full")
        kit.adapter(path)
        kit.all_final(tasks)
        kit.one_final_each(tasks)


def test_broker_away_at_the_start_is_said_once_and_waited_for():
    with Kit() as kit:
        good = kit.bootstrap
        kit.bootstrap = "127.0.0.1:1"
        adapter = kit.adapter(kit.config(PLAIN))
        until(lambda: "broker_away" in kit.log())
        time.sleep(1.5)
        assert kit.log().count("broker_away") == 1 and adapter.poll() is None
        adapter.send_signal(signal.SIGTERM)
        assert adapter.wait(15) == 0
        kit.bootstrap = good
        kit.adapter(kit.config(PLAIN))
        assert kit.final(kit.task())[0] == "result"


def test_group_shares_the_partitions_and_takes_over_from_a_killed_process():
    with Kit() as kit:
        more = "assign: group\nkeep: tasks\n" + PLAIN
        first = kit.adapter(kit.config(f"instance: one\n" + more, "one"))
        kit.adapter(kit.config(f"instance: two\n" + more, "two"))
        tasks = [kit.task() for _ in range(100)]
        kit.all_final(tasks, 60)
        kill9(first)
        later = [kit.task() for _ in range(100)]
        kit.all_final(later, 90)
        kit.one_final_each(tasks + later)


def test_a_task_under_way_is_not_lost_when_its_partition_came_back_before_a_crash():
    with Kit() as kit:
        more = "assign: group\nkeep: offsets\ndriver: {name: simulate, latency: 15s, accept: true}\n"
        first = kit.adapter(kit.config("instance: one\n" + more, "one"))
        tasks = [kit.task() for _ in range(20)]
        until(lambda: all(kit.kinds(task) == ["accepted"] for task in tasks))
        second = kit.adapter(kit.config("instance: two\n" + more, "two"))
        until(lambda: kit.log().count("partitions_assigned") == 3)     # the first one's again, and the second's
        time.sleep(3)                                                 # offsets are told to the group once a second
        kill9(second)
        kill9(first)
        kit.adapter(kit.config("instance: one\n" + more, "one"))
        kit.all_final(tasks, 60)


def test_no_process_of_a_group_says_cancelled_of_a_task_that_another_works_on():
    with Kit() as kit:
        more = "assign: group\nkeep: tasks\ndriver: {name: simulate, latency: 15s, accept: true}\n"
        kit.adapter(kit.config("instance: one\n" + more, "one"))
        tasks = [kit.task() for _ in range(20)]
        until(lambda: all(kit.kinds(task) == ["accepted"] for task in tasks))
        time.sleep(2.5)                                                # offsets are told to the group once a second
        kit.adapter(kit.config("instance: two\n" + more, "two"))
        until(lambda: kit.log().count("partitions_assigned") == 3)     # the first one's again, and the second's
        for task in tasks:
            kit.cancel(task)
        own, others = ["accepted", "cancelled"], ["accepted", "cancel_refused", "result"]
        until(lambda: all(kit.kinds(task) in (own, others) for task in tasks), 40)
        assert [task for task in tasks if kit.kinds(task) == others]
        time.sleep(3)
        assert all(kit.kinds(task) in (own, others) for task in tasks), [kit.kinds(task) for task in tasks]


def test_faults_of_a_configuration_are_named_all_at_once_with_their_places():
    with Kit() as kit:
        path = kit.config("drivr: 1\nretry: {attemps: 2, first: soon}\ndriver: {name: simulate, refuse: 2}\n"
                          "steps: {a: {answer: '{'}}\n")
        done = subprocess.run([program("yjs-adapter"), "--config", path, "--check-config"], capture_output=True, text=True)
        assert done.returncode == 2
        for said in ("did you mean `driver`", "did you mean `attempts`", "`first`: soon", "`refuse`: 2", "bad_jq", "adapter.yaml:5:1"):
            assert said in done.stderr, (said, done.stderr)
        assert "soon is no duration; write 250ms" in done.stderr, done.stderr
        places = [tuple(map(int, line.split(":")[1:3])) for line in done.stderr.splitlines()[:-1]]
        assert len(places) > 4 and places == sorted(places), done.stderr


def test_examples_are_good_configurations():
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../adapters/examples")
    examples = [name for name in os.listdir(folder) if name.endswith(".yaml")]
    assert len(examples) >= 9
    with Kit() as kit:
        for name in examples:
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                text = re.sub(r"file:[^,}\s]+", "secret", file.read())
            path = os.path.join(kit.folder, name)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            done = subprocess.run([program("yjs-adapter"), "--config", path, "--check-config"], capture_output=True, text=True)
            assert done.returncode == 0, done.stderr


if __name__ == "__main__":
    main(sys.modules[__name__])

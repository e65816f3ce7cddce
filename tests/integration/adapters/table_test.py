"""The driver table against a front-end database and the program on its other side."""
import os
import subprocess
import sys
import time

from kit import Kit, kill9, main, until

HERE = os.path.dirname(os.path.abspath(__file__))
CONNINFO = []


def conninfo():
    if not CONNINFO:
        given = os.environ.get("YJS_TEST_PG")
        CONNINFO.append(given or subprocess.run([f"{HERE}/../../lib/pg.sh", "--parent", str(os.getpid())], check=True,
                                                stdout=subprocess.PIPE, text=True).stdout.strip())
    return CONNINFO[0]


def sql(statement):
    subprocess.run(["psql", "-q", "-X", "-v", "ON_ERROR_STOP=1", conninfo(), "-c", statement], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def prepare(kit, by, *options):
    sql("DROP TABLE IF EXISTS yjs_request, yjs_result")
    start = lambda: kit.simulator("yjs-sim-table", "--conninfo", conninfo(), "--record", f"{kit.folder}/record", *options)
    config = kit.config(f"retry: {{first: 20ms, most: 100ms, attempts: 20}}\nbreaker: {{failures: 5, open: 200ms}}\n"
                        f"driver: {{name: table, conninfo: \"{conninfo()}\", by: {by}, poll_every: 50ms, channel: yjs_result}}\n")
    simulator = start()
    until(lambda: subprocess.run(["psql", "-qXtc", "SELECT 1 FROM yjs_result, yjs_request LIMIT 0", conninfo()],
                                 stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL).returncode == 0)
    return simulator, config


def test_rows_become_answers_by_flag_and_by_id():
    for by in ("flag", "id"):
        with Kit() as kit:
            _, config = prepare(kit, by, "--latency", "1ms..80ms", "--refuse", "0.2")
            kit.adapter(config)
            tasks = [kit.task(quote="it's \"so\" \\ {a,b}") for _ in range(100)]
            kit.all_final(tasks)
            assert {kit.final(t)[0] for t in tasks} == {"result", "rejected"}
            kit.one_final_each(tasks)


def test_a_request_whose_commit_failed_is_written_again():
    """Its server has said that the row was inserted before it came to the commit."""
    with Kit() as kit:
        _, config = prepare(kit, "flag", "--latency", "1ms..20ms")
        sql("DROP SEQUENCE IF EXISTS yjs_commits; CREATE SEQUENCE yjs_commits; "
            "CREATE OR REPLACE FUNCTION refuse_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "IF nextval('yjs_commits') <= 6 THEN RAISE EXCEPTION 'no room for the commit'; END IF; RETURN NULL; END $$; "
            "CREATE CONSTRAINT TRIGGER refuse_commit AFTER INSERT ON yjs_request DEFERRABLE INITIALLY DEFERRED "
            "FOR EACH ROW EXECUTE FUNCTION refuse_commit()")
        kit.adapter(config)
        tasks = [kit.task() for _ in range(20)]
        kit.all_final(tasks)
        kit.one_final_each(tasks)
        tries = subprocess.run(["psql", "-qXtAc", "SELECT last_value FROM yjs_commits", conninfo()], stdout=subprocess.PIPE, text=True).stdout
        assert int(tries) >= 26, ("no commit was refused", tries)


def test_cancellation_goes_through_the_tables():
    with Kit() as kit:
        _, config = prepare(kit, "flag", "--latency", "30s")
        kit.adapter(config)
        task = kit.task()
        count = ["psql", "-qXtAc", "SELECT count(*) FROM yjs_request", conninfo()]
        until(lambda: subprocess.run(count, stdout=subprocess.PIPE, text=True).stdout.strip() == "1")
        kit.cancel(task)
        assert kit.final(task)[0] == "cancelled"


def test_cancellation_whose_row_was_not_written_when_the_adapter_was_killed_is_written_by_the_next():
    with Kit() as kit:
        simulator, config = prepare(kit, "flag", "--latency", "30s")
        kill9(simulator)
        adapter = kit.adapter(config)
        task = kit.task()
        count = lambda kind: subprocess.run(["psql", "-qXtAc", f"SELECT count(*) FROM yjs_request WHERE type = '{kind}'", conninfo()],
                                            stdout=subprocess.PIPE, text=True).stdout.strip()
        until(lambda: count("task") == "1")
        kit.cancel(task)
        until(lambda: count("cancel") == "1")
        time.sleep(0.5)
        kill9(adapter)
        sql("DELETE FROM yjs_request WHERE type = 'cancel'")
        kit.adapter(config, check=False)
        until(lambda: count("cancel") == "1")
        kit.simulator("yjs-sim-table", "--conninfo", conninfo(), "--record", f"{kit.folder}/record", "--latency", "30s")
        assert kit.final(task)[0] == "cancelled"
        assert kit.kinds(task) == ["cancelled"], kit.answers(task)


def test_nothing_is_lost_when_the_adapter_is_killed():
    for by in ("flag", "id"):
        with Kit() as kit:
            _, config = prepare(kit, by, "--latency", "1ms..80ms", "--refuse", "0.2", "--fail", "0.1")
            adapter, tasks = kit.adapter(config), []
            for _ in range(5):
                tasks += [kit.task() for _ in range(60)]
                time.sleep(0.3)
                kill9(adapter)
                adapter = kit.adapter(config, check=False)
            kit.all_final(tasks)
            kit.one_final_each(tasks)
            kit.same_id_is_same_bytes()


def test_connection_that_is_cut_is_made_again():
    with Kit() as kit:
        _, config = prepare(kit, "flag", "--latency", "1ms..50ms")
        kit.adapter(config)
        tasks = []
        for _ in range(4):
            tasks += [kit.task() for _ in range(30)]
            time.sleep(0.2)
            sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'")
        kit.all_final(tasks)
        kit.one_final_each(tasks)


if __name__ == "__main__":
    main(sys.modules[__name__])

"""A calendar is published while cases run: daemons take it up without a restart, every open due date is reckoned by it, once,
in batches that a crash does not double, and each that moves stands in its case's journal."""
import datetime
import json
import sys

from simple import step, thing
import check
from base import main, need_servers, say, until
from load import intake
from place import Place, end_all

SLOW = thing("slow", step("a", timeout="{limit: 3 workdays, then: incident}") + step("b", timeout="{limit: 40h, then: incident}"))
ONE = datetime.timedelta(days=1)


def today():
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=8)).date()


def coming_weekday():
    day = today() + ONE
    while day.weekday() > 4:
        day += ONE
    return day


def closed(place, region=None):
    """The year of the next weekday, with that day closed; elsewhere when `region` says so."""
    day = coming_weekday()
    where = f', regions: ["{region}"]' if region else ""
    return place.write(f"config/calendar/{day.year}.yaml", f"year: {day.year}\nbasis: notice\nholidays: []\nclosures:\n"
                       f"  - {{days: {day}, reason: typhoon, basis: order{where}}}\n")


def expected_due(place):
    """As yjsctl reckons it from the files, on its own."""
    told = place.ctl("calendar", "due", "--from", today(), "--limit", "3 workdays", "--calendar", f"{place.folder}/config/calendar",
                     "--region", place.region, "--json")
    return json.loads(told)["due_at"]


def dues(place, at="a"):
    return {r["due"] for r in place.rows("SELECT to_char(due_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD\"T\"HH24:MI:SS\"+08:00\"') "
                                         f"AS due FROM step WHERE step = '{at}' AND open")}


def versions(place):
    return {r["version"]: r["n"] for r in place.rows("SELECT version, count(*) AS n FROM shard_calendar WHERE done GROUP BY 1")}


def moved(place):
    """How often each case's due date was moved: {times: cases}."""
    return {r["times"]: r["cases"] for r in place.rows(
        "SELECT times, count(*) AS cases FROM (SELECT case_id, count(*) AS times FROM event WHERE kind = 'calendar_changed' "
        "GROUP BY 1) x GROUP BY 1")}


def publish(place, path):
    return json.loads(place.ctl("calendar", "publish", path, "--json"))


def slow_place():
    place = Place(["a", "b"])
    place.publish(SLOW)
    place.department("a", lambda task: None), place.department("b", lambda task: None)
    return place


def test_a_published_calendar_moves_open_due_dates_and_says_so_in_the_journal():
    place = slow_place()
    place.yjsd()
    first = place.start("slow")
    place.reaches(first, "a", "running")
    before = dues(place)
    asked = place.events(first, "step_asked")
    assert all("calendar" not in e["data"] for e in asked), asked       # none was published: every year is provisional
    clock = place.rows("SELECT due_at FROM step WHERE step = 'b'")
    report = publish(place, closed(place, place.region))
    until(lambda: sum(versions(place).values()) == 4, why=lambda: versions(place))
    due = expected_due(place)
    assert dues(place) == {due} != before, (dues(place), due)
    changed = place.events(first, "calendar_changed")
    assert [(e["step"], e["data"]["calendar"]) for e in changed] == [("a", report["version"])], changed
    assert place.rows("SELECT due_at FROM step WHERE step = 'b'") == clock   # forty hours of the clock are forty hours
    second = place.start("slow")                                             # and a new case is reckoned by it from the beginning
    place.reaches(second, "a", "running")
    named = {e["step"]: e["data"].get("calendar") for e in place.events(second, "step_asked")}
    assert named == {"a": report["version"], "b": None}, named
    assert dues(place) == {due}
    assert publish(place, f"{place.folder}/config/calendar/{coming_weekday().year}.yaml")["fresh"] is False
    publish(place, closed(place, "110000"))                                  # the typhoon was elsewhere: all moves back
    until(lambda: dues(place) == before and len(versions(place)) == 1 and sum(versions(place).values()) == 4, why=lambda: dues(place))
    assert len(place.events(first, "calendar_changed")) == 2
    assert place.sql("SELECT count(*) FROM calendar") == "2"
    check.journal(place)


def test_faults_of_a_file_are_printed_and_nothing_is_published():
    place = slow_place()
    bad = place.write("bad.yaml", "year: 2026\nbasis: n\nholidays:\n  - {name: a, days: 2026-02-30}\nworked_weekends: [2026-01-05]\n")
    status, out, err = place.ctl("calendar", "publish", bad, check=False)
    assert status == 1 and out == "", (status, out)
    assert "bad.yaml:4:21: error: there is no day 2026-02-30 [bad_date]" in err and "[worked_weekend_is_none]" in err, err
    assert place.sql("SELECT count(*) FROM calendar") == "0"


def test_many_cases_are_reckoned_once_each_though_the_daemon_is_killed_on_the_way():
    place = slow_place()
    daemon = place.yjsd()
    numbers = [f"C-{i}" for i in range(900)]
    intake(place, "slow", {"x": 1}, numbers)
    until(lambda: place.sql("SELECT count(*) FROM step WHERE step = 'a' AND open") == str(len(numbers)), 60)
    publish(place, closed(place))
    until(lambda: place.sql("SELECT count(*) FROM shard_calendar WHERE NOT done") != "0" or versions(place), 20, 0.002)
    daemon.kill9()
    on_the_way = sum(moved(place).values())
    place.yjsd()
    until(lambda: sum(versions(place).values()) == 4, 60, why=lambda: versions(place))
    assert moved(place) == {1: len(numbers)}, moved(place)
    assert dues(place) == {expected_due(place)}
    check.journal(place)
    say(f"{len(numbers)} cases; the daemon was killed when {on_the_way} were reckoned")


if __name__ == "__main__":
    need_servers()
    main(sys.modules[__name__], end_all)

"""Definitions are published together, as an installation does, in whatever order their files are named."""
import glob
import json
import sys

from simple import TITLE, step, thing
from base import ROOT, main, need_servers
from place import Place, end_all


def parent(of):
    return thing("parent", f"  - id: child\n    title: {TITLE}\n    kind: thing\n    name: {of}\n    form: {{x: 1}}\n")


def child(title="a"):
    return thing("child", step(title, department="alpha"))


def parent_first(place):
    return [place.write(f"config/things/{name}.yaml", text) for name, text in (("a_parent", parent("child")), ("b_child", child()))]


def test_all_that_is_shipped_is_published_at_once():
    with open(f"{ROOT}/config/departments.yaml", encoding="utf-8") as file:
        place = Place(file.read(), topics=False)
    files = sorted(glob.glob(f"{ROOT}/config/things/*.yaml"))
    place.ctl("thing", "publish", *files)
    assert place.sql("SELECT count(DISTINCT thing) FROM definition") == str(len(files))


def test_what_runs_as_a_sub_case_is_published_before_what_runs_it_and_is_what_it_is_pinned_to():
    place = Place(["alpha"], topics=False)
    files = parent_first(place)
    assert [line.split()[0] for line in place.ctl("thing", "publish", *files).splitlines()] == ["child", "parent"]
    place.write("config/things/b_child.yaml", child("b"))    # both are newer: the parent runs the newer child
    printed = [json.loads(line) for line in place.ctl("thing", "publish", *files, "--json").splitlines()]
    assert [p["thing"] for p in printed] == ["child", "parent"], printed
    canonical = json.loads(place.sql(f"SELECT canonical FROM definition WHERE hash = '{printed[1]['hash']}'"))
    assert canonical["things"] == {"child": printed[0]["hash"]}, canonical["things"]


def test_what_can_not_be_published_ends_it_and_things_that_run_one_another_are_refused():
    place = Place(["alpha"], topics=False)
    files = parent_first(place)
    place.write("config/things/b_child.yaml", child().replace("department: alpha", "department: nobody"))
    status, out, err = place.ctl("thing", "publish", *files, check=False)
    assert (status, out) == (1, "") and "b_child.yaml: not published" in err and "a_parent" not in err, (status, out, err)
    place.write("config/things/b_child.yaml", parent("parent").replace("thing: parent\n", "thing: child\n"))
    status, out, err = place.ctl("thing", "publish", *files, check=False)
    assert status == 1 and "unknown_thing" in err, (status, out, err)
    status, out, err = place.ctl("thing", "publish", place.write("config/things/x.yaml", "thing: [\n"), check=False)
    assert status == 1 and "yaml_syntax" in err, (status, out, err)


if __name__ == "__main__":
    need_servers()
    main(sys.modules[__name__], end_all)

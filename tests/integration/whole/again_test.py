"""A task that has left its topic is published again: the topic was removed and made again while a department owed the answer."""
import json
import subprocess
import sys
import time

from simple import PERMIT, grant
import check
from base import main, need_servers, until
from place import Place, end_all


def is_there(place, topic):
    listed = subprocess.run(["kcat", "-L", "-b", place.bootstrap, "-J"], capture_output=True, text=True, timeout=30, check=True)
    return topic in [t["topic"] for t in json.loads(listed.stdout)["topics"]]


def remove_and_make_again(place, department):
    topic = place.topic(department, "task")
    place.hand.forget(topic.removesuffix(".v1"))
    until(lambda: not is_there(place, topic), 30)
    place.ctl("topic", "apply")
    until(lambda: is_there(place, topic), 30)


def test_a_task_whose_topic_was_made_again_reaches_its_department_and_its_case_ends():
    place = Place(["alpha", "beta"])
    place.publish(PERMIT)
    place.yjsd(publish_check="1s")
    case = place.start("permit", {"name": "王"})
    place.reaches(case, "first", "running")
    task = until(lambda: place.hand.all(place.topic("alpha", "task")), 20)[0]
    remove_and_make_again(place, "alpha")
    again = until(lambda: place.hand.all(place.topic("alpha", "task")), 60)[0]
    assert again["headers"] == task["headers"] and again["value"] == task["value"], (task, again)
    assert place.meters()["yijianshi_published_again_total"] >= 1, place.meters()
    alpha = place.department("alpha", grant)
    place.department("beta", grant)
    place.closed(case, "granted")
    assert len(alpha.of(case)) == 1
    check.journal(place)


def test_a_task_that_is_there_is_not_published_without_end():
    place = Place(["alpha", "beta"])
    place.publish(PERMIT)
    place.yjsd(publish_check="200ms")
    first, second = place.start("permit", {"name": "王"}), place.start("permit", {"name": "李"})
    for case in (first, second):
        place.reaches(case, "first", "running")
    until(lambda: len(place.hand.all(place.topic("alpha", "task"))) >= 2, 20)
    end = time.monotonic() + 4
    until(lambda: time.monotonic() > end, 10)   # twenty looks
    copies = len(place.hand.all(place.topic("alpha", "task")))
    assert copies <= 6, f"{copies} messages of two tasks"
    place.department("alpha", grant)
    place.department("beta", grant)
    for case in (first, second):
        place.closed(case, "granted")


if __name__ == "__main__":
    need_servers()
    main(sys.modules[__name__], end_all)

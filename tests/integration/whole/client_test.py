"""Any program that speaks Kafka can be a department: kcat in a shell script, kafka-python with its own partitioner, binary and
structured CloudEvents, on whatever partition, with or without a key."""
import json
import os
import subprocess
import sys
import venv

from simple import PERMIT, grant, step, thing
import check
from base import BUILD, ROOT, main, need_servers, say, until
from kafka import answer_headers
from place import Place, end_all

SHELL = r"""
# A department of a shell and kcat alone: reads its tasks, answers each with what kcat's own partitioner finds right.
kcat -C -b "$BOOTSTRAP" -t "$REGION.alpha.task.v1" -o beginning -q -u -X fetch.wait.max.ms=10 -f '%h\t%s\n' | while IFS="$(printf '\t')" read -r headers data; do
    get() { printf '%s' "$headers" | tr ',' '\n' | sed -n "s/^ce_$1=//p"; }
    case=$(get caseid) id=$(get id) step=$(get step) attempt=$(get attempt)
    name=$(printf '%s' "$data" | jq -r .input.name)
    printf '{"result":{"no":"shell-%s"}}' "$name" | kcat -P -b "$BOOTSTRAP" -t "$REGION.alpha.result.v1" -k "$case" \
        -H ce_specversion=1.0 -H "ce_id=$id:result" -H ce_source=/shell/alpha -H ce_type=result -H "ce_caseid=$case" \
        -H "ce_step=$step" -H "ce_attempt=$attempt" -H content-type=application/json
done
"""
PYTHON = r"""
import json, sys
from kafka import KafkaConsumer, KafkaProducer
bootstrap, region, how = sys.argv[1:4]
consumer = KafkaConsumer(f"{region}.beta.task.v1", bootstrap_servers=bootstrap, group_id="foreign", auto_offset_reset="earliest",
                         enable_auto_commit=False)
producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all")
for message in consumer:
    attributes = {k[3:]: v.decode() for k, v in message.headers if k.startswith("ce_")}
    event = {"specversion": "1.0", "id": attributes["id"] + ":result", "source": "/python/beta", "type": "result",
             "caseid": attributes["caseid"], "step": attributes["step"], "attempt": attributes["attempt"]}
    answer = {"result": {"of": json.loads(message.value)["input"]["no"]}}
    if how == "structured":
        headers = [("content-type", b"application/cloudevents+json; charset=utf-8")]
        value = dict(event, attempt=int(event["attempt"]), datacontenttype="application/json", data=answer)
    else:
        headers = [("ce_" + k, v.encode()) for k, v in event.items()] + [("content-type", b"application/json")]
        value = answer
    # Its own partitioner, and for the structured ones not even a key: any partition.
    key = None if how == "structured" else message.key
    producer.send(f"{region}.beta.result.v1", key=key, value=json.dumps(value).encode(), headers=headers).get(timeout=30)
    consumer.commit()
"""


def python_with_kafka():
    """A virtual environment with kafka-python as adapters/examples/python pins it, made once in the build folder."""
    folder = os.path.join(BUILD, "tests", "kafka-python")
    python = os.path.join(folder, "bin", "python")
    if not os.path.exists(os.path.join(folder, "complete")):
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r",
                        f"{ROOT}/adapters/examples/python/requirements.txt"], check=True, timeout=240)
        with open(os.path.join(folder, "complete"), "w", encoding="utf-8"):
            pass
    return python


def numbers(place, count):
    return [place.start("permit", {"name": f"n{i}"}, number=f"F-{i}") for i in range(count)]


def carried(place):
    return sum(v for k, v in place.meters().items() if "forwarded" in k)


def permit(place):
    place.publish(PERMIT)
    place.yjsd()
    return place


def test_a_shell_script_with_kcat_is_a_department():
    place = permit(Place(["alpha", "beta", "gamma"]))
    beta = place.department("beta", grant)
    script = f"{place.folder}/alpha.sh"
    with open(script, "w", encoding="utf-8") as file:
        file.write(SHELL)
    place.child("alpha", ["bash", script], dict(place.env, BOOTSTRAP=place.bootstrap, REGION=place.region), start_new_session=True)
    cases = numbers(place, 6)
    for case in cases:
        place.closed(case, "granted")
    given = {t["caseid"]: t["data"]["input"]["no"] for t in beta.tasks.values()}
    assert given == {f"F-{i}": f"shell-n{i}" for i in range(6)}, given
    assert place.dead() == [], place.dead()
    check.journal(place)
    say(f"{carried(place):.0f} of 6 answers came on another partition and were carried to where they belong")


def foreign(how):
    python = python_with_kafka()
    place = permit(Place(["alpha", "beta", "gamma"]))
    place.department("alpha", grant)
    script = f"{place.folder}/beta.py"
    with open(script, "w", encoding="utf-8") as file:
        file.write(PYTHON)
    place.child("beta", [python, script, place.bootstrap, place.region, how])
    for case in numbers(place, 12):
        place.closed(case, "granted", 60)
    assert place.dead() == [], place.dead()
    check.journal(place)
    say(f"{carried(place):.0f} of 12 answers were carried to another shard")
    return place


def test_kafka_python_is_a_department_with_its_own_partitioner():
    foreign("binary")


def test_kafka_python_is_a_department_by_structured_events_without_a_key():
    place = foreign("structured")
    assert carried(place) > 0, "twelve messages without a key, all by chance on the right one of four partitions?"


def test_the_examples_for_kafka_python_and_kcat_are_departments():
    example, python = f"{ROOT}/adapters/examples", python_with_kafka()
    place = Place(["alpha", "beta"])
    first = step("first", department="alpha", input='{name: "${ .form.name }"}', result="{type: object, properties: {filing_no: {type: string}}}")
    second = step("second", ["first"], "beta", input='{of: "${ .steps.first.result.filing_no }"}')
    place.publish(thing("filed", first + second, form="{type: object, properties: {name: {type: string}}}"))
    place.yjsd()
    place.child("alpha", [python, f"{example}/python/department.py", place.bootstrap, place.region, "alpha"])
    case = place.start("filed", {"name": "王"})
    place.reaches(case, "second", "running")
    kcat = ["bash", f"{example}/kcat.sh", place.bootstrap, place.region, "beta"]
    shown = subprocess.run([*kcat, "show"], capture_output=True, text=True, timeout=30, check=True).stdout
    assert f"ce_id={case}:second:1," in shown and f'"of":"HT-{case}"' in shown, shown
    subprocess.run([*kcat, "answer", f"{case}:second:1", "result", '{"result":{"no":"K-1"}}'], timeout=30, check=True)
    place.closed(case, "granted")
    assert place.dead() == [], place.dead()


def test_a_result_is_carried_from_every_partition_to_its_shard_once():
    place = permit(Place(["alpha", "beta", "gamma"]))
    alpha = place.department("alpha", lambda task: None)
    place.department("beta", grant)
    for partition in range(4):
        case = place.start("permit", {"name": "王"}, number=f"P-{partition}")
        until(lambda: alpha.of(case, "first"))
        headers = answer_headers(place.region, "alpha", case, "first", 1, "result")
        for _ in range(2):   # and once more, as a client does that lost the acknowledgement
            place.hand.put_raw(alpha.result_topic, b'{"result":{"no":"1"}}', list(headers.items()), None, partition)
        place.closed(case, "granted")
        until(lambda: place.events(case, "answer_recorded"), why="the second copy was not recorded")
        assert [e["data"]["fate"] for e in place.events(case, "answer_recorded")] in (["duplicate"], ["case_closed"])
        assert len([e for e in place.events(case, "step_ended") if e["step"] == "first"]) == 1
    assert place.sql("SELECT count(*) FROM inbox") == "0"
    assert place.dead() == [], place.dead()


def test_a_dead_letter_that_came_on_another_partition_keeps_its_place_and_bytes():
    place = permit(Place(["alpha", "beta", "gamma"]))
    topic, case = place.topic("alpha", "result"), "NO-SUCH-CASE"
    headers = list(answer_headers(place.region, "alpha", case, "first", 1, "result").items()) + [("own", "kept")]
    for partition in range(1, 4):   # kcat takes -p 0 for any
        place.hand.put_raw(topic, b'{ "result": {"no": "1"} }', headers, "k", partition)
    until(lambda: len(place.dead()) == 3, why=place.dead)
    rows = place.rows("SELECT topic, partition, \"offset\", code, encode(key, 'escape') AS key, encode(value, 'escape') AS value, headers "
                      "FROM dead_letter ORDER BY partition")
    for partition, row in enumerate(rows, 1):
        assert (row["topic"], row["partition"], row["offset"], row["code"]) == (topic, partition, 0, "case_unknown"), row
        assert (row["key"], row["value"]) == ("k", '{ "result": {"no": "1"} }'), row
        assert [tuple(h) for h in json.loads(row["headers"])] == headers, row


def test_an_application_comes_by_the_intake_topic():
    place = permit(Place(["alpha", "beta", "gamma"]))
    place.department("alpha", grant), place.department("beta", grant)
    headers = [("ce_specversion", "1.0"), ("ce_id", "a1"), ("ce_source", "/window"), ("ce_type", "application")]
    topic = f"{place.region}.intake.v1"
    place.hand.put_raw(topic, '{"thing":"permit","form":{"name":"王"}}'.encode(), headers, "OWN-1")     # its key is its number
    place.hand.put_raw(topic, '{"thing":"permit","form":{"name":"李"}}'.encode(), headers, None)        # gets a number of ours
    until(lambda: place.sql("SELECT count(*) FROM case_ WHERE phase = 'closed' AND outcome = 'granted'") == "2", why=place.dead)
    place.hand.put_raw(topic, '{"thing":"permit","form":{"name":"王"}}'.encode(), headers, "OWN-1", 3)  # again, elsewhere
    place.hand.put_raw(topic, '{"thing":"permit","form":{"name":"陳"}}'.encode(), headers, "OWN-1", 2)  # other content
    until(lambda: place.dead(), why="other content under the same number is a dead letter")
    assert [code for code, _ in place.dead()] == ["number_conflict"], place.dead()
    assert place.sql("SELECT count(*) FROM case_") == "2"


if __name__ == "__main__":
    need_servers()
    main(sys.modules[__name__], end_all)

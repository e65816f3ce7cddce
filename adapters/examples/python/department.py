"""A whole department in Python: reads its tasks, answers them. Needs kafka-python (requirements.txt).

    python3 department.py 127.0.0.1:9092 441300 housing

What it must do, and does: answer on the topic the task names; use one id for one answer, always (the task's id and the
kind); remember ids it has seen; commit a task's offset only after its answer is acknowledged.
"""
import json
import sys
from datetime import datetime, timezone

from kafka import KafkaConsumer, KafkaProducer


def decide(task):
    """The department's own work: a kind and its data."""
    if not task["input"]:
        return "rejected", {"reason": "nothing was handed in"}
    return "result", {"result": {"filing_no": "HT-" + task["number"]}}


def main(bootstrap, region, department):
    name = department.replace("_", "-")
    consumer = KafkaConsumer(f"{region}.{name}.task.v1", bootstrap_servers=bootstrap, enable_auto_commit=False,
                             group_id=f"yjs-adapter.{region}.{department}", auto_offset_reset="earliest")
    producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all")
    cancelled = set()                    # a real one keeps this, and the answers it gave, in its database
    for message in consumer:
        attributes = {key[3:]: value.decode() for key, value in message.headers if key.startswith("ce_")}
        data = json.loads(message.value)
        kind = None
        if attributes["type"] in ("task", "compensate") and attributes["id"] not in cancelled:
            about, (kind, answer) = attributes["id"], decide(data)
        elif attributes["type"] == "cancel":
            cancelled.add(data["task"])
            about, kind, answer = data["task"], "cancel_refused", {"reason": "it is decided at once here"}
        if kind:
            headers = {"specversion": "1.0", "id": f"{about}:{kind}", "source": f"/{region}/{department}", "type": kind,
                       "time": datetime.now(timezone.utc).isoformat(), "caseid": attributes["caseid"],
                       "thing": attributes.get("thing", ""), "step": attributes["step"], "attempt": attributes["attempt"]}
            if attributes["type"] == "compensate":
                headers["task"] = about
            encoded = [("ce_" + key, value.encode()) for key, value in headers.items()]
            producer.send(data.get("reply_to", f"{region}.{name}.result.v1"), key=message.key, value=json.dumps(answer).encode(),
                          headers=encoded + [("content-type", b"application/json")]).get(timeout=30)
        consumer.commit()


if __name__ == "__main__":
    main(*sys.argv[1:4])

"""A whole department in Python: reads its tasks, answers them. Needs kafka-python (requirements.txt).

    python3 department.py 127.0.0.1:9092 441300 housing

What it must do, and does: answer on the topic the task names; use one id for one answer, always (the task's id and the
kind), and the same bytes; remember ids it has seen; commit a task's offset only after its answer is acknowledged.
"""
import json
import sys

from kafka import KafkaConsumer, KafkaProducer


def decide(attributes, task):
    """The department's own work: a kind and its data."""
    if not task["input"]:
        return "rejected", {"reason": "nothing was handed in"}
    return "result", {"result": {"filing_no": "HT-" + attributes["caseid"]}}


class Department:
    def __init__(self):
        self.decided, self.cancelled = set(), set()     # a real one keeps these, and the answers it gave, in its database

    def answer(self, attributes, data):
        """The id it is about, the kind and the data; None: nothing is to be said."""
        identity = attributes["id"]
        if attributes["type"] in ("task", "compensate") and identity not in self.cancelled:
            self.decided.add(identity)
            return identity, *decide(attributes, data)
        if attributes["type"] == "cancel" and data["task"] in self.decided:
            return data["task"], "cancel_refused", {"reason": "it is decided"}
        if attributes["type"] == "cancel":              # it came before its task, which is then passed over
            self.cancelled.add(data["task"])
            return data["task"], "cancelled", {}
        return None


def main(bootstrap, region, department):
    name = department.replace("_", "-")
    consumer = KafkaConsumer(f"{region}.{name}.task.v1", bootstrap_servers=bootstrap, enable_auto_commit=False,
                             group_id=f"yjs-adapter.{region}.{department}", auto_offset_reset="earliest")
    producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all")
    office = Department()
    for message in consumer:
        attributes = {key[3:]: value.decode() for key, value in message.headers if key.startswith("ce_")}
        data = json.loads(message.value)
        answer = office.answer(attributes, data)
        if answer:
            about, kind, content = answer
            headers = {"specversion": "1.0", "id": f"{about}:{kind}", "source": f"/{region}/{department}", "type": kind,
                       "time": attributes["time"],      # the task's: a repeat is the same bytes
                       "caseid": attributes["caseid"], "step": attributes["step"], "attempt": attributes["attempt"]}
            if about.count(":") > 2:                    # a compensation's id
                headers["task"] = about
            encoded = [("ce_" + key, value.encode()) for key, value in headers.items()]
            producer.send(data.get("reply_to", f"{region}.{name}.result.v1"), key=message.key, value=json.dumps(content).encode(),
                          headers=encoded + [("content-type", b"application/json")]).get(timeout=30)
        consumer.commit()


if __name__ == "__main__":
    main(*sys.argv[1:4])

"""The tests' hand on Kafka: kafka_probe for what flows, kcat for what no well-behaved client would send, and departments
whose answers a test decides."""
import concurrent.futures
import json
import subprocess
import threading
import time

from base import program

FINAL = {"result", "rejected", "not_accepted", "cancelled"}


class Hand:
    """One producer, and a follower a topic. Messages are {topic, partition, offset, key, headers, value}."""

    def __init__(self, bootstrap, partitions):
        self.bootstrap, self.partitions = bootstrap, partitions
        self.children, self.lock = [], threading.Lock()
        self.producer = None

    def follow(self, topic, take):
        """Calls take(message) in a thread, for every message of the topic from its beginning."""
        reader = subprocess.Popen([program("kafka_probe"), "read", self.bootstrap, topic, str(self.partitions)],
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.children.append(reader)

        def run():
            for line in reader.stdout:
                message = json.loads(line)
                message["topic"] = topic
                take(message)
        threading.Thread(target=run, daemon=True).start()

    def put(self, topic, key, headers, value):
        with self.lock:
            if self.producer is None or self.producer.poll() is not None:
                self.producer = subprocess.Popen([program("kafka_probe"), "produce", self.bootstrap], stdin=subprocess.PIPE,
                                                 text=True)
                self.children.append(self.producer)
            self.producer.stdin.write(json.dumps({"topic": topic, "key": key, "headers": headers, "value": value}) + "\n")
            self.producer.stdin.flush()

    def put_raw(self, topic, value, headers=(), key=None, partition=None):
        """Exactly these bytes, by kcat. headers: (name, value) pairs, which may stand twice."""
        command = ["kcat", "-P", "-b", self.bootstrap, "-t", topic, "-q", "-X", "message.max.bytes=2000000", "-D", "\x1e\x1f\x1e"]
        if partition is not None:
            command += ["-p", str(partition)]
        if key is not None:
            command += ["-k", key]
        for name, text in headers:
            command += ["-H", f"{name}={text}"]
        subprocess.run(command, input=value, check=True, timeout=30)

    def all_of(self, topics):
        """Every message that is in these topics now, a list a topic."""
        with concurrent.futures.ThreadPoolExecutor(len(topics)) as pool:
            return list(pool.map(self.all, topics))

    def all(self, topic):
        """Every message that is in the topic now."""
        done = subprocess.run(["kcat", "-C", "-b", self.bootstrap, "-t", topic, "-o", "beginning", "-e", "-q", "-J",
                               "-X", "fetch.wait.max.ms=10"], capture_output=True, text=True, check=True, timeout=60)
        messages = []
        for line in done.stdout.splitlines():
            message = json.loads(line)
            names = message.get("headers") or []
            messages.append({"topic": topic, "partition": message["partition"], "offset": message["offset"], "key": message.get("key"),
                             "header_list": list(zip(names[::2], names[1::2])), "headers": dict(zip(names[::2], names[1::2])),
                             "value": message.get("payload")})
        return messages

    def end(self):
        for child in self.children:
            if child.poll() is None:
                child.kill()
            child.wait()

    def forget(self, *regions):
        """Deletes their topics: a broker that many tests share is slow for all of them when it keeps what none needs."""
        subprocess.run([program("kafka_probe"), "forget", self.bootstrap, *regions], timeout=90, check=False)


def answer_headers(region, department, caseid, step, attempt, kind, serial="", task=None, **more):
    about = task or f"{caseid}:{step}:{attempt}"
    headers = {"ce_specversion": "1.0", "ce_id": f"{about}:{kind}{serial}", "ce_source": f"/{region}/{department}", "ce_type": kind,
               "ce_time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "ce_caseid": caseid, "ce_step": step,
               "ce_attempt": str(attempt), "content-type": "application/json"}
    if task:
        headers["ce_task"] = task
    headers.update(more)
    return headers


class Department:
    """A department whose answers the test decides: answer(task) gives None (silence), (kind, data), or a list of such.

    A task is {id, type, number, caseid, step, attempt, data, message}. An id that came again is given the answers it was
    given before, as a well-behaved adapter does."""

    def __init__(self, place, name, answer=None):
        self.place, self.name = place, name
        self.task_topic = place.topic(name, "task")
        self.result_topic = place.topic(name, "result")
        self.answer = answer or (lambda task: ("result", {"result": {}}))
        self.tasks, self.given, self.copies = {}, {}, 0
        self.messages = []
        place.hand.follow(self.task_topic, self.take)

    def take(self, message):
        headers = message["headers"]
        task = {"id": headers["ce_id"], "type": headers["ce_type"], "caseid": headers["ce_caseid"], "step": headers["ce_step"],
                "attempt": int(headers["ce_attempt"]), "number": message["key"], "data": json.loads(message["value"]),
                "message": message, "department": self.name}
        self.messages.append(task)
        if task["id"] in self.tasks:
            self.copies += 1
            for answer in self.given.get(task["id"], []):
                self.put(*answer)
            return
        self.tasks[task["id"]] = task
        answers = self.answer(task)
        if answers:
            self.give(task, *(answers if isinstance(answers, list) else [answers]))

    def give(self, task, *answers):
        """Answers a task; each answer is (kind, data)."""
        undo = task["id"] if task["type"] == "compensate" else None
        about = task["data"]["task"] if task["type"] == "cancel" else None
        for kind, data in answers:
            kept = self.given.setdefault(task["id"], [])
            serial = "" if not any(h["ce_type"] == kind for _, h, _ in kept) else f":{len(kept) + 1}"
            headers = answer_headers(self.place.region, self.name, task["caseid"], task["step"], task["attempt"], kind, serial, undo)
            if about:
                headers["ce_id"] = f"{about}:{kind}{serial}"
            kept.append((task["number"], headers, data))
            self.put(task["number"], headers, data)

    def put(self, number, headers, data):
        self.place.hand.put(self.result_topic, number, headers, data)

    def of(self, caseid, step=None, kind="task"):
        return [t for t in list(self.tasks.values()) if t["caseid"] == caseid and (step is None or t["step"] == step) and
                (kind is None or t["type"] == kind)]

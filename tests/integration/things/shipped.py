"""The shipped things as the tests run them: each definition with its samples, and for each sample the script that says how
the same case ends on the engine alone. `<thing>.json` goes with `straight.yaml`, `<thing>.<what>.json` with `<what>.yaml`."""
import glob
import json
import os
import random
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "kit"))
from base import BUILD, ROOT, program, until  # noqa: E402
from place import Place  # noqa: E402

# How long a silent department is waited for is short here: a day is three seconds.
SHORT = r"(deadline: )(\d+) (?:workdays|days|half days)"
# Windows of dates are open, and dates until which something is waited for lie ahead.
DATES = [(r"(opens: )\d{4}", r"\g<1>2020"), (r"(closes: |limit: until |promise: until )\d{4}", r"\g<1>2099")]
# What lasts weeks and can't be shortened: a publicity has full days, a wait is the law's. A daemon whose clock is two months late
# takes those cases in; one that knows the day finds their days over.


def read(path):
    with open(f"{ROOT}/{path}", encoding="utf-8") as file:
        return file.read()


class Sample:
    """An application, and what becomes of it on the engine alone: outcome, {step: state}, {signal step: (signal, data)},
    {step that waits for signatures: [data, one a person]}."""

    def __init__(self, thing, path):
        self.thing, self.application = thing, json.loads(read(path))
        self.what = os.path.basename(path)[len(thing.name) + 1:-len("json")].rstrip(".") or "straight"
        self.script = f"config/samples/scripts/{thing.name}/{self.what}.yaml"
        assert os.path.exists(f"{ROOT}/{self.script}"), f"{path} has no script {self.script}"
        subs = [f"--things=config/things/{name}.yaml" for name in thing.subs]
        done = subprocess.run([program("yjsctl"), "thing", "run", thing.path, self.script, *subs], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        self.final = lines[-1]
        given = self.final.get("signals", {})
        held = [e for e in lines[:-1] if e["kind"] == "step_held" and e["case"] == self.final["id"]]
        self.signing = {e["step"]: [given[name] for name in given if name.startswith("signed.")] for e in held if e.get("reason") == "signed"}
        self.signals = {e["step"]: (e["reason"], given[e["reason"]]) for e in held if e.get("reason") in given}

    def states(self):
        """{step: state}, elements as step.index, as the API is asked for them."""
        states = {}
        for name, step in self.final["steps"].items():
            states[name] = step["state"]
            states.update({f"{name}.{i}": element["state"] for i, element in enumerate(step.get("elements", []))})
        return states


class Thing:
    def __init__(self, path):
        self.path, self.name = path, os.path.splitext(os.path.basename(path))[0]
        self.text = read(path)
        self.subs = re.findall(r"^ +thing: \{name: ([a-z0-9_]+)", self.text, re.M)
        told = subprocess.run([program("yjsctl"), "thing", "check", path], cwd=ROOT, capture_output=True, text=True)
        assert told.returncode == 0, told.stdout + told.stderr

    def samples(self):
        paths = [f"config/samples/{self.name}.json"] + sorted(
            os.path.relpath(p, ROOT) for p in glob.glob(f"{ROOT}/config/samples/{self.name}.*.json"))
        return [Sample(self, path) for path in paths]

    def is_long(self):
        return bool(self.long_steps())

    def long_steps(self):
        """The ids of publicities, and of waits for a number of days."""
        steps = re.findall(r"^  - id: (\w+)\n((?:    .*\n|\n)*)", self.text, re.M)
        return [name for name, keys in steps if re.search(r"^    (?:publicity:|kind: publicity|wait: \{for: \d+ )", keys, re.M)]

    def short(self):
        text = self.text
        for pattern, later in DATES:
            text = re.sub(pattern, later, text)
        return re.sub(SHORT, lambda m: f"{m.group(1)}{int(m.group(2)) * 3}s", text)


def things():
    """All definitions, sub-things before those that run them."""
    found = {t.name: t for t in (Thing(os.path.relpath(p, ROOT)) for p in sorted(glob.glob(f"{ROOT}/config/things/*.yaml")))}
    ordered = []

    def put(thing):
        if thing not in ordered:
            for name in thing.subs:
                put(found[name])
            ordered.append(thing)
    for thing in found.values():
        put(thing)
    return ordered


def departments_of(some):
    """departments.yaml without those that none of these things can ask."""
    text = read("config/departments.yaml")
    head, tail = text.split("\ndepartments:\n")
    words = set(re.findall(r"\w+", "".join(t.text for t in some))) | {"service_hall"}
    blocks = re.findall(r"^  - id: .*\n(?:    .*\n)*", tail, re.M)
    kept = [b for b in blocks if set(re.findall(r"id: (\w+)", b) + re.findall(r"groups: \{(\w+)", b)) & words]
    groups = {g for b in kept for g in re.findall(r"groups: \{(\w+)", b)}
    head = "\n".join(line for line in head.split("\n") if "- {id:" not in line or re.search(r"id: (\w+)", line).group(1) in groups)
    return (head if groups else "") + "\ndepartments:\n" + "".join(kept)


class Shipped(Place):
    """Every office of config/departments.yaml that has results to answer with, each by the driver `simulate`; a process a
    region. for_things: the others' departments are left out; without: departments that nobody works for; late: days by which
    the daemon's clock is late."""

    def __init__(self, for_things=None, without=(), late=0):
        text = departments_of(for_things) if for_things else read("config/departments.yaml")
        super().__init__(text, partitions=1)   # many topics: one partition each
        self.offices = [f"{name}@{self.local(region)}" for name, offices in
                        re.findall(r"^  - id: (\w+)\n(?:    .*\n)*?    offices: (.*)$", text[text.index("\ndepartments:"):], re.M)
                        for region in re.findall(r'region: "(\d{6})"(?!, adapter: false)', offices)]
        self.daemon = self.late_daemon(late) if late else self.keeping_daemon()
        self.bring_materials()
        served = [self.serve(region, [n for n, r in (o.split("@") for o in self.offices) if r == region and n not in without])
                  for region in {office.split("@")[1] for office in self.offices}]
        until(lambda: all(child.said("reading") == wanted for child, wanted in served), 60, why="not every department reads its tasks")

    def late_daemon(self, days):
        preload = os.path.join(BUILD, "tests/integration/things/late_clock.so")
        own, self.env = self.env, dict(self.env, LD_PRELOAD=preload, YJS_LATE_SECONDS=str(days * 86400))
        try:
            return self.keeping_daemon()
        finally:
            self.env = own

    def keeping_daemon(self):
        """With a store of materials: what the samples name has to be there."""
        return self.yjsd(materials_store=f"{self.folder}/materials")

    def bring_materials(self):
        for path in sorted(glob.glob(f"{ROOT}/config/samples/materials/*/*")):
            with open(path, "rb") as file:
                kept = self.api("POST", "/v1/materials", raw=file.read(), token="window")
            assert kept.status == 201, (path, kept)

    def some_region(self):
        """A city, so that its district's cases go to the city's offices as they do in Huizhou; no city has these numbers."""
        return f"{random.choice([*range(31, 38), *range(41, 47)])}{random.randrange(60, 100)}00"

    def regions(self):
        return [self.region, self.region[:4] + "02"]

    def local(self, text):
        """Huizhou and Zhongkai as they are called here. Other numbers that begin alike, such as citizens', stay."""
        return re.sub(r"\b4413(\d\d)\b", lambda m: self.region[:4] + m.group(1), text)

    def write(self, name, text):
        return super().write(name, self.local(text))

    def topic(self, department, what):
        name, _, region = department.partition("@")
        return f"{region or self.region}.{name.replace('_', '-')}.{what}.v1"

    def serve(self, region, names):
        lines, count = [f'kafka: {{bootstrap: "{self.bootstrap}"}}', f'region: "{region}"', "departments:"], 0
        for name in names:
            results = f"{ROOT}/adapters/simulators/results/{name}.yaml"
            if os.path.exists(results):
                lines += [f"  - department: {name}", f"    store: {self.folder}/{name}-{region}.sqlite", "    driver:",
                          "      name: simulate", f"      results: {results}"]
                count += 1
        path = self.write(f"config/simulated-{region}.yaml", "\n".join(lines) + "\n")
        told = subprocess.run([program("yjs-adapter"), "--config", path, "--check-config"], capture_output=True, text=True)
        assert told.returncode == 0, told.stderr
        return self.child(f"simulated-{region}", [program("yjs-adapter"), "--config", path]), count

    def offer(self, thing):
        return self.publish(thing.short())

    def apply(self, sample):
        given = json.loads(self.local(json.dumps(sample.application)))
        reply = self.api("POST", "/v1/cases", given, headers={"Prefer": "wait=10"})
        assert reply.status == 201, reply
        return reply.body["case"]

#!/usr/bin/env python3
"""The engine against the model of oracle.py, over definitions and scripts that generate.py draws from seeds.

    differential.py --runner build/tests/oracle/engine/oracle_engine_run [--seeds N] [--first SEED] [--seed SEED]
                    [--cases FOLDER] [--budget SECONDS] [--keep FOLDER]

Every difference is printed with its seed, the shrunk definition and script, what each side says, and how to play it
again; --keep writes it as a case (JSON: things, script), which `yjsctl thing run` can also play: JSON is YAML.
"""
import argparse
import copy
import datetime
import json
import os
import subprocess
import sys
import time

import generate
import oracle

# What is compared of each event; the rest of an event is the bytes of a message, or how, not what.
COMPARED = {
    "case_started": [], "step_asked": ["attempt", "missing", "input", "department"],
    "step_expanded": ["count", "missing"], "step_held": ["missing", "reason"],
    "child_asked": ["attempt", "missing", "data"], "step_ended": ["state", "spent"], "answer_noted": ["answer"],
    "answer_recorded": ["fate", "answer"], "correction_sent": [], "retry_set": ["attempt", "state"], "step_stuck": [],
    "deadline_set": ["due"], "cancel_asked": ["attempt", "state"], "child_cancel_asked": ["stop", "state"],
    "undo_asked": ["attempt", "ordinal"], "stop_decided": ["stop"], "incident_opened": ["reason"],
    "incident_closed": ["count"], "dispute_opened": ["answer"], "dispute_resolved": ["state"], "signal_noted": ["id"],
    "operator_acted": ["reason"], "reassigned": ["department"], "case_closed": ["outcome", "stop"], "refused": ["input"],
    "retry_out_of_bounds": ["due", "cap"],
}


class Runner:
    """The engine: one process for many cases."""

    def __init__(self, path):
        self.path, self.process = path, None

    def ask(self, things, script):
        """(lines, verdict); verdict None: the process ended, lines has its last words."""
        if not self.process:
            self.process = subprocess.Popen([self.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                            text=True)
        request = {"things": [json.dumps(t) for t in things], "departments": json.dumps(generate.DEPARTMENTS), "script": script}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        lines = []
        while True:
            line = self.process.stdout.readline()
            try:
                value = json.loads(line)
            except ValueError:                         # it ended, perhaps in the middle of a line
                words = self.process.stderr.read()
                self.process.wait()
                self.process = None
                return [words], None
            if "run" in value:
                return lines, value
            lines.append(value)

    def close(self):
        if self.process:
            self.process.stdin.close()
            self.process.wait()
            self.process.stdout.close()
            self.process.stderr.close()


def fact(at_s, case, kind, step, index, what):
    """One line of a comparison, in words."""
    shown = []
    for name in COMPARED[kind]:
        value = what.get(name)
        if name == "spent":
            value = value or None
        if name == "missing" and value is not None:
            value = sorted(set(value), key=str)
        if value is not None:
            shown.append("%s=%s" % (name, value if isinstance(value, str) else json.dumps(value, sort_keys=True)))
    place = "" if not step else step if index < 0 else "%s.%d" % (step, index)
    return "%s %s %s %s %s" % (stamp(at_s), case, kind, place, " ".join(shown))


def stamp(at_s):
    passed = at_s - oracle.START_US // 1_000_000
    return "%3dd%02d:%02d:%02d" % (passed // 86400, passed // 3600 % 24, passed // 60 % 60, passed % 60)


def facts_of_engine(lines):
    """(facts, hints for the model, the final state)."""
    facts, hints = [], {}
    for e in lines[:-1]:
        at_s = int(datetime.datetime.fromisoformat(e["at"]).timestamp())
        if "refused" in e:
            facts.append(fact(at_s, e["case"], "refused", e["step"], -1, {"input": e["refused"]}))
            continue
        what = dict(e)
        kind, step, index = e["kind"], e.get("step"), e.get("index", -1)
        if kind == "step_asked":
            what["input"] = e["data"]["input"]
        if "missing" in e:
            what["missing"] = [m["index"] if m["step"] == step else m["step"] for m in e["missing"]]
        if kind == "retry_set":
            hints[(e["case"], step, index, e["attempt"], e.get("ordinal", 0))] = e["due"]
        facts.append(fact(at_s, e["case"], kind, step, index, what))
    return facts, hints, lines[-1]


def facts_of_model(facts):
    found = []
    for at, case, kind, step, index, what in facts:
        what = dict(what)
        if kind == "step_asked":
            what["input"] = what["data"]
        found.append(fact(at // 1_000_000, case, kind, step, index, what))
    return found


def order_broken(lines, things):
    """What must stand before what in the engine's journal, whatever the model says. A list of sentences."""
    broken, ended, closed, undoing, stopped = [], {}, set(), {}, set()
    steps = {}
    for thing in things:
        steps[thing["thing"]] = {s["id"]: s for s in thing["steps"]}
    thing_of = {}
    for e in lines[:-1]:
        if "refused" in e:
            continue
        case, kind, step = e["case"], e["kind"], e.get("step")
        if kind == "case_started":
            thing_of[case] = e["thing"]
        d = steps[thing_of[case]].get(step) if step else None
        what = d.get("kind", "task") if d else None
        place = (case, step, e.get("index", -1))
        if kind in ("step_asked", "child_asked", "step_held", "step_expanded") and what != "deliver":
            check = what == "approve"
            if case in closed and not check:
                broken.append("%s asked after the case closed" % (place,))
            if case in stopped and e.get("attempt", 1) == 1 and not check:
                broken.append("%s begun after the case stopped" % (place,))
        if kind in ("stop_decided",):
            stopped.add(case)
        if kind == "case_closed":
            closed.add(case)
        if kind == "undo_asked":
            undoing[place] = True
        if kind == "step_ended":
            if ended.get(place) and not (ended[place] == "granted" and place in undoing or ended[place] == "granted"
                                         and what in ("thing",) or "each" in (d or {})):
                broken.append("%s ended twice" % (place,))
            ended[place] = e["state"]
            undoing.pop(place, None)
    return broken


def compare(runner, things, script):
    """None: alike. Else (class of the difference, only the engine's lines, only the model's). 'refused': not a case."""
    lines, verdict = runner.ask(things, script)
    if verdict is None:
        return "crash", lines, []
    if verdict["run"] != "ok":
        return ("refused", [verdict["run"] + ": " + verdict["message"]], [])
    engine, hints, state = facts_of_engine(lines)
    try:
        model_facts, cases = oracle.run(things, script, hints)
    except Exception as error:                      # the model's own fault is a difference too
        import traceback
        return "model", [], [traceback.format_exc()]
    model = facts_of_model(model_facts)
    left, right = list(engine), []
    for line in model:
        if line in left:
            left.remove(line)
        else:
            right.append(line)
    broken = order_broken(lines, things)
    final = compare_state(state, cases["run"])
    if not left and not right and not broken and not final:
        return None
    first = min(left + right, default=(broken + final + [""])[0])
    words = sorted({l.split()[2] for l in left + right if l[:12] == first[:12]}) if left or right else ["order"]
    return "+".join(words), left + broken, right + final


def compare_state(state, case):
    """The state that is printed last says what the facts added up to."""
    wrong = []
    for name, step in case.steps.items():
        shown = state["steps"].get(name, {})
        pairs = [(step.self, shown)]
        if step.elements and step.kind != "approve":
            pairs += list(zip(step.elements, shown.get("elements", [])))
        for work, view in pairs:
            if view.get("state", "waiting") != work.state or work.child is None and view.get("attempt", 0) != work.attempt:
                wrong.append("final state of %s.%d: engine %s (attempt %s), model %s (attempt %d)" %
                             (name, work.index, view.get("state"), view.get("attempt"), work.state, work.attempt))
    if (state.get("outcome") or None) not in (case.outcome, "none" if not case.outcome else case.outcome):
        wrong.append("outcome: engine %s, model %s" % (state.get("outcome"), case.outcome))
    return wrong


# ---- shrinking ----

def halves(things, script):
    """Without the last half, or the last quarter, of the steps; without half of the inputs."""
    steps = len(things[-1]["steps"])
    for keep in {steps // 2, steps * 3 // 4} - {0, steps}:
        t, s = copy.deepcopy(things), copy.deepcopy(script)
        t[-1]["steps"] = t[-1]["steps"][:keep]
        names = {x["id"] for x in t[-1]["steps"]}
        s["inputs"] = [i for i in s["inputs"] if i.get("step", "").split(".")[0] in names | {""}]
        yield [x for x in t[:-1] if x["thing"] in json.dumps(t[-1]) or x["thing"] in json.dumps(t[:-1])] + [t[-1]], s
    if len(script["inputs"]) > 1:
        half = len(script["inputs"]) // 2
        yield things, dict(script, inputs=script["inputs"][:half])
        yield things, dict(script, inputs=script["inputs"][half:])


def smaller(things, script):
    """Pairs that are a little smaller, the largest cuts first."""
    root = things[-1]
    yield from halves(things, script)
    for cut in range(len(root["steps"]) - 1, -1, -1):
        if len(root["steps"]) == 1:
            break
        t, s = copy.deepcopy(things), copy.deepcopy(script)
        gone = t[-1]["steps"].pop(cut)["id"]
        if ("steps.%s." % gone) in json.dumps(t[-1]):
            continue
        for step in t[-1]["steps"]:
            if gone in step.get("needs", []):
                step["needs"].remove(gone)
                if not step["needs"]:
                    step.pop("needs")
                    step.pop("join", None)
        names = {x["id"] for x in t[-1]["steps"]}
        s["inputs"] = [i for i in s["inputs"] if i.get("step", "").split(".")[0] in names | {""}]
        used = {x.get("name") for y in t for x in y["steps"]}
        t = [x for x in t[:-1] if x["thing"] in used] + [t[-1]]
        yield t, s
    for n in range(len(script["inputs"]) - 1, -1, -1):
        s = copy.deepcopy(script)
        s["inputs"].pop(n)
        yield things, s
    for n, thing in enumerate(things):
        for m, step in enumerate(thing["steps"]):
            for key in ("join", "when", "each", "timeout", "retry", "on_refused", "on_expired", "input", "check", "reversible"):
                if key in step:
                    t = copy.deepcopy(things)
                    t[n]["steps"][m].pop(key)
                    if key == "reversible":
                        t[n]["steps"][m].pop("compensate", None)
                    yield t, script
            if isinstance(step.get("join"), dict) and len(step["join"]) > 2:
                t = copy.deepcopy(things)
                t[n]["steps"][m]["join"].pop("deadline"), t[n]["steps"][m]["join"].pop("then")
                yield t, script
            for need in step.get("needs", []) if len(step.get("needs", [])) > 1 else []:
                t = copy.deepcopy(things)
                t[n]["steps"][m]["needs"].remove(need)
                yield t, script
    for section in ("answers", "cancel_answers", "undo_answers", "children"):
        for name in list(script.get(section, {})):
            s = copy.deepcopy(script)
            s[section].pop(name)
            yield things, s
            entries = script[section][name]
            for n in range(len(entries) - 1, -1, -1) if isinstance(entries, list) else []:
                s = copy.deepcopy(script)
                if isinstance(entries[n], list) and entries[n]:
                    for k in range(len(entries[n])):
                        s = copy.deepcopy(script)
                        s[section][name][n].pop(k)
                        yield things, s
                elif n == len(entries) - 1 and n > 0:
                    s[section][name].pop(n)
                    yield things, s
    for key, value in script.get("form", {}).items():
        if isinstance(value, list) and value:
            s = copy.deepcopy(script)
            s["form"][key] = value[:-1]
            yield things, s


def shrink(runner, things, script, kind, seconds):
    until = time.monotonic() + seconds
    moved = True
    while moved and time.monotonic() < until:
        moved = False
        for t, s in smaller(things, script):
            if time.monotonic() > until:
                break
            found = compare(runner, t, s)
            if found and found[0] == kind:
                things, script, moved = t, s, True
                break
    return things, script


def report(runner, name, things, script, found, replay, shrink_seconds):
    things, script = shrink(runner, things, script, found[0], shrink_seconds)
    kind, left, right = compare(runner, things, script) or found
    print("== %s: %s" % (name, kind))
    for thing in things:
        print("definition %s:" % thing["thing"])
        for step in thing["steps"][:12]:
            shown = {k: v for k, v in step.items() if k not in ("title", "result")}
            print("   ", json.dumps(shown, ensure_ascii=False))
    used = {s["id"] for t in things for s in t["steps"]}
    for key, value in script.items():
        if isinstance(value, dict) and key != "form":
            value = {k: v for k, v in value.items() if k.split(".")[0] in used}
        print("script %s: %s" % (key, json.dumps(value, ensure_ascii=False)))
    for line in sorted(left)[:12]:
        print("  engine only:", line)
    for line in sorted(right)[:12]:
        print("  model only: ", line)
    print("play it again:", replay, flush=True)
    return things, script


def kept_cases(folder):
    """<name>.json: one case a file, made by hand; <name>.jsonl: one a line, drawn and kept."""
    found = []
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            if name.endswith(".json"):
                found.append(dict(json.load(file), name=name[:-5]))
            elif name.endswith(".jsonl"):
                found += [json.loads(line) for line in file]
    return [(case["name"], case["things"], case["script"]) for case in found]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runner", required=True)
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--cases")
    parser.add_argument("--budget", type=float, default=0, help="seconds; 0: none")
    parser.add_argument("--keep", help="a folder for the shrunk differences")
    parser.add_argument("--shrink", type=float, default=5, help="seconds a difference")
    parser.add_argument("--most", type=int, default=8, help="differences shown, one a class")
    parser.add_argument("--classes", action="store_true", help="count classes, shrink and show one of each")
    a = parser.parse_args()
    runner, begun = Runner(a.runner), time.monotonic()
    played = refused = differences = kept = 0
    counts, refusals = {}, {}
    jobs, smallest = [], {}
    if a.cases:
        jobs = kept_cases(a.cases)
    kept = len(jobs)
    seeds = [a.seed] if a.seed is not None else range(a.first, a.first + a.seeds)

    def all_jobs():
        yield from jobs
        for seed in seeds:
            yield (seed, *generate.generate(seed))

    for name, things, script in all_jobs():
        if a.budget and time.monotonic() - begun > a.budget:
            print("the budget of %g s ended at %s" % (a.budget, name))
            break
        found = compare(runner, things, script)
        if found and found[0] == "refused":
            if isinstance(name, str):
                print("case %s is refused: %s" % (name, found[1]))
                differences += 1
            refused += 1
            refusals[found[1][0]] = refusals.get(found[1][0], 0) + 1
            continue
        played += 1
        if not found:
            continue
        differences += 1
        counts[found[0]] = counts.get(found[0], 0) + 1
        if a.classes:
            size = sum(len(t["steps"]) for t in things)
            if found[0] not in smallest or size < smallest[found[0]][0]:
                smallest[found[0]] = (size, name, things, script, found)
            continue
        if counts[found[0]] > 1 or len(counts) > a.most:
            continue
        replay = "%s --runner %s %s" % (sys.argv[0], a.runner, "--cases %s --seeds 0" % a.cases if isinstance(name, str) else "--seed %d" % name)
        shrunk = report(runner, name, things, script, found, replay, a.shrink)
        if a.keep and not isinstance(name, str):
            with open(os.path.join(a.keep, "seed_%d.json" % name), "w", encoding="utf-8") as file:
                json.dump({"things": shrunk[0], "script": shrunk[1]}, file, ensure_ascii=False, indent=1)
    for size, name, things, script, found in sorted(smallest.values(), key=lambda s: s[0])[:a.most]:
        report(runner, name, things, script, found, "--seed %s" % name, a.shrink)
    runner.close()
    for message, count in sorted(refusals.items(), key=lambda r: -r[1])[:10 if a.classes else 0]:
        print("refused %d: %s" % (count, message))
    for kind, count in sorted(counts.items(), key=lambda r: -r[1])[:40]:
        print("%6d %s" % (count, kind))
    print("%d cases played (%d kept ones), %d drawn ones not sound, %d differ, %.1f s" %
          (played, kept, refused, differences, time.monotonic() - begun))
    if played == 0 or refused > played:
        print("too few cases were sound")
        return 1
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())

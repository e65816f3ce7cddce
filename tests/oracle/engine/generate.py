"""Random definitions and scripts: everything that oracle.py models, mixed. The same seed gives the same pair. Items, and so the
law's time, are not among it: property/engine_clock has an oracle of its own for them."""
import random

TITLE = {"zh-Hant": "件", "zh-Hans": "件", "en": "thing"}
RESULT = {"type": "object", "properties": {"n": {"type": "integer"}, "l": {"type": "array", "items": {"type": "integer"}}}}
FORM = {"type": "object", "properties": {
    "b0": {"type": "boolean"}, "b1": {"type": "boolean"}, "b2": {"type": "boolean"}, "m": {},
    "l0": {"type": "array", "items": {"type": "integer"}}, "l1": {"type": "array", "items": {"type": "integer"}},
    "until": {"type": "string"}}}
DEPARTMENTS = {"departments": [{"id": "d%d" % n, "title": TITLE, "offices": [{"region": "441300"}]} for n in range(4)] +
               [{"id": "source", "title": TITLE, "offices": [{"region": "441300"}], "source": True}]}
POLICIES = ["block", "block", "continue", "continue", "close", "compensate"]
# A seed draws which of these it may use, so that small mixtures come up as well as the whole.
FEATURES = ["joins", "deadlines", "when", "policies", "timeouts", "each", "waits", "approve", "things", "deliver", "undo",
            "errors", "strange", "operator", "raw", "withdraw", "silence", "data", "lookup", "bad_data", "disputes"]


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)
        share = self.random.choice([0.15, 0.35, 0.6, 1.0])
        self.features = {f for f in FEATURES if self.random.random() < share}
        self.count = 0

    def chance(self, feature, percent):
        return feature in self.features and self.random.random() * 100 < percent

    def pick(self, *choices):
        return self.random.choice(choices)

    def span(self, hours):
        """A duration that hardly ever equals another."""
        return "%dm%ds%dms" % (self.random.randrange(int(hours * 60)), self.random.randrange(60), self.random.randrange(1, 1000))

    # ---- definitions ----

    def definition(self, name, steps, depth, things):
        d = {"thing": name, "title": TITLE, "form": FORM, "steps": []}
        ancestors = []
        for n in range(steps):
            step = {"id": "s%d" % n, "title": TITLE}
            self.order(step, d["steps"], n)
            mine = set(step.get("needs", []))
            for need in step.get("needs", []):
                mine |= ancestors[int(need[1:])]
            ancestors.append(mine)
            self.kind(step, d["steps"], sorted(mine), depth, things)
            self.conduct(step, d["steps"], sorted(mine))
            d["steps"].append(step)
        if not any("reversible" in s for s in d["steps"]):
            for step in d["steps"]:
                for key in ("on_refused", "on_expired"):
                    if step.get(key) == "compensate":
                        step[key] = "close"
        return d

    def order(self, step, before, n):
        percent = self.pick(15, 40, 70) if n < 8 else self.pick(5, 10)
        may = [s["id"] for s in before if s.get("kind") != "deliver"]
        needs = [s for s in may if self.random.random() * 100 < percent]
        if needs:
            step["needs"] = needs
        rule = {}
        if len(needs) > 1 and self.chance("joins", 50):
            rule = self.pick({"any": True}, {"at_least": self.random.randint(1, len(needs))})
        if needs and self.chance("deadlines", 35):
            rule = dict(rule or {"all": True}, deadline=self.span(90), then="partial")
        if rule:
            step["join"] = rule

    def kind(self, step, before, ancestors, depth, things):
        if self.chance("waits", 15):
            step["kind"] = "wait"
            step.update(self.pick({"for": self.span(80)}, {"until": "${ .form.until }"}, {"signal": "paid"}, {"signal": "signed"}))
        elif self.chance("approve", 15):
            step["kind"] = "approve"
            step["if"] = self.a_condition(before, ancestors)
            if self.random.random() < 0.4:
                step["check"] = {"department": "d1", "within": self.span(100)}
        elif self.chance("things", 15) and depth > 0:
            self.count += 1
            sub = "sub_%d" % self.count
            things.append(self.definition(sub, self.random.randint(1, 4), depth - 1, things))
            step.update(kind="thing", name=sub, form={k: "${ .form.%s }" % k for k in ("b0", "b1", "l0", "until")})
        elif self.chance("deliver", 12):
            step.update(kind="deliver", by="d2")
        elif self.chance("lookup", 12):
            step.update(kind="lookup", source="source", basis="consent", result=RESULT)
        else:
            step.update(department="d%d" % self.random.randrange(3), result=RESULT)
        if step.get("kind", "task") in ("task", "lookup", "thing") and self.chance("each", 20):
            results = [a for a in ancestors if "result" in before[int(a[1:])] and "each" not in before[int(a[1:])]]
            step["each"] = {"in": self.pick("${ .form.l0 }", "${ .form.l1 }"), "as": "one"}
            if results and self.random.random() < 0.3:
                step["each"]["in"] = "${ .steps.%s.result.l }" % self.random.choice(results)
            gather = self.pick({}, {}, {"any": True}, {"at_least": 2}, {"all": True})
            if self.chance("deadlines", 40):
                gather = dict(gather or {"all": True}, deadline=self.span(70), then="partial")
            if gather:
                step["each"]["gather"] = gather

    def a_condition(self, before, ancestors):
        results = [a for a in ancestors if "result" in before[int(a[1:])] and "each" not in before[int(a[1:])]]
        choice = self.random.randrange(8)
        if choice == 0:
            return "${ .form.m }"
        if choice in (1, 2) and ancestors:
            return {"field": "steps.%s.state" % self.random.choice(ancestors), "is": self.pick("granted", "refused", "skipped")}
        if choice in (3, 4) and results:
            return {"field": "steps.%s.result.n" % self.random.choice(results), "over": self.random.randrange(4)}
        return {"field": "form.b%d" % self.random.randrange(3), "is": self.pick(True, True, False)}

    def conduct(self, step, before, ancestors):
        kind = step.get("kind", "task")
        if self.chance("when", 20):
            step["when"] = self.a_condition(before, ancestors)
        if self.chance("policies", 50):
            step["on_refused"] = self.pick(*POLICIES)
        if self.chance("policies", 20):
            step["on_expired"] = self.pick(*POLICIES)
        if kind in ("task", "lookup", "deliver", "thing") or kind == "wait" and "signal" in step:
            if self.chance("timeouts", 30):
                step["timeout"] = {"limit": self.span(100), "then": self.pick("expire", "expire", "incident")}
        if kind in ("task", "lookup", "deliver"):
            if self.chance("errors", 60):
                step["retry"] = {"attempts": self.random.randint(1, 4), "first": self.pick("1s", "2h"), "most": "9h",
                                 "give_up_after": self.pick("30h", "9d")}
            if self.chance("data", 30):
                values = ["form.b0"] + ["steps.%s.%s" % (a, f) for a in ancestors for f in ("state",)]
                values += ["steps.%s.result" % a for a in ancestors if before[int(a[1:])].get("kind", "task") in ("task", "lookup")]
                values += ["one"] if "each" in step else []
                step["input"] = {"v%d" % n: "${ .%s }" % self.random.choice(values) for n in range(3)}
        if kind == "thing" and self.chance("undo", 60):
            step["reversible"] = True
        if kind == "task" and self.chance("undo", 60):
            step.update(reversible=True, compensate=self.pick({}, {"department": "d3"}))

    # ---- scripts ----

    def form(self):
        r = self.random
        numbers = lambda most: [r.randrange(9) for _ in range(r.randrange(most))]
        return {"b0": r.random() < 0.7, "b1": r.random() < 0.5, "b2": r.random() < 0.3,
                "m": r.choice([True, True, False, "maybe"]), "l0": numbers(4), "l1": numbers(6),
                "until": r.choice(["2026-03-0%dT11:22:%02d+08:00" % (r.randrange(1, 9), r.randrange(60))] * 5 + ["soon"])}

    def script(self, definition, things):
        s = {"answers": {}, "cancel_answers": {}, "undo_answers": {}, "children": {}}
        for step in definition["steps"]:
            kind = step.get("kind", "task")
            names = [step["id"]] + ["%s.%d" % (step["id"], n) for n in range(6) if "each" in step and self.random.random() < 0.7]
            for name in names:
                if kind == "thing":
                    sub = next(t for t in things if t["thing"] == step["name"])
                    s["children"][name] = self.script(sub, things)
                elif kind not in ("wait",):
                    s["answers"][name] = [self.attempt(n == 3) for n in range(4)]
                    s["cancel_answers"][name] = self.cancel_answer()
                    s["undo_answers"][name] = [self.undo_answer() for _ in range(4)]
        return {k: v for k, v in s.items() if v}

    def one(self, kind, hours=60, **more):
        self.count += 1
        answer = {"after": self.span(hours), "kind": kind, "id": "a%d" % self.count}
        if kind == "result":
            answer["data"] = {"n": self.random.randrange(5), "l": [self.random.randrange(5) for _ in range(self.random.randrange(3))]}
        if kind in ("rejected", "not_accepted"):
            answer["reason"] = self.pick("missing paper", "arrears")
        answer.update(more)
        return answer

    def attempt(self, last):
        r = self.random
        answers = []
        if r.random() < 0.4:
            answers.append(self.one(self.pick("received", "accepted", "accepted"), 20))
        if self.chance("strange", 10):
            answers.append(self.one(self.pick("cancelled", "cancel_refused", "extend", "special_start", "special_end", "received")))
        if self.chance("silence", 12):
            return answers
        if self.chance("errors", 35) and not last:
            answers.append(self.one("error", retryable=r.random() < 0.8))
            if self.chance("strange", 25):
                answers.append(self.one(self.pick("result", "error", "accepted", "rejected"), retryable=True))
            return answers
        final = self.one("rejected" if r.random() < 0.2 else "not_accepted" if r.random() < 0.05 else "result")
        if self.chance("bad_data", 10) and final["kind"] == "result":
            answers.append(dict(self.one("result"), data={"n": "one"}))
        answers.append(final)
        if self.chance("disputes", 20):
            answers.append(dict(final, after=self.span(90), **self.pick({}, {"id": final["id"] + "again"})))
        if self.chance("disputes", 25):
            answers.append(self.one(self.pick("result", "rejected", "cancelled", "accepted", "error"), 90))
        if self.chance("disputes", 10):
            answers.append(self.one(self.pick("result", "rejected"), 120))
        return answers

    def cancel_answer(self):
        choice = self.random.randrange(10)
        if choice < 5:
            return self.one("cancelled", 10)
        if choice < 8:
            return [self.one("cancel_refused", 5), self.one(self.pick("result", "result", "rejected", "cancelled"), 30)]
        if choice < 9 and "silence" not in self.features:
            return self.one(self.pick("result", "rejected", "cancelled"), 10)
        return [self.one(self.pick("cancelled", "error", "accepted"), 9, retryable=self.random.random() < 0.5),
                self.one("cancelled", 40)]

    def undo_answer(self):
        choice = self.random.randrange(10)
        if choice < 6:
            return self.one("result", 20)
        if choice < 7:
            return [self.one("accepted", 3), self.one("result", 20), self.one("result", 30)]
        if choice < 9:
            return self.one("error", 10, retryable=self.random.random() < 0.8)
        return self.one("rejected", 10)

    def inputs(self, definition):
        r = self.random
        found = []
        steps = definition["steps"]
        for name in ("paid", "signed"):
            if r.random() < 0.7:
                found.append({"at": self.span(120), "kind": "signal", "id": name, "data": {"n": r.randrange(3)}})
        if self.chance("withdraw", 40):
            found.append(dict({"at": self.span(150), "actor": "somebody"}, **self.pick(
                {"kind": "withdrawn"}, {"kind": "withdrawn"}, {"kind": "close", "reason": "r"}, {"kind": "void", "reason": "r"})))
        for _ in range(r.randrange(4) if "raw" in self.features else 0):
            step = r.choice(steps)
            answer = dict(self.one(self.pick("result", "result", "rejected", "accepted", "cancelled", "error")), at=self.span(150))
            answer.update(kind="answer", answer=answer["kind"], step=self.name(step), attempt=r.randrange(0, 4), source="raw")
            answer.pop("after")
            found.append(answer)
        for _ in range(r.randrange(5) if "operator" in self.features else 0):
            found.append(self.operator(r.choice(steps), self.span(200)))
        # In the end an operator goes through the steps, so that most cases close.
        for n in range(2):
            for step in steps:
                for name in [step["id"]] + ["%s.%d" % (step["id"], e) for e in range(6) if "each" in step]:
                    if self.chance("operator", 50):
                        found.append(self.operator(step, "%dd%s" % (30 * (n + 1), self.span(20)), name))
        return found

    def name(self, step):
        return step["id"] + (".%d" % self.random.randrange(3) if "each" in step and self.random.random() < 0.8 else "")

    def operator(self, step, at, name=None):
        kind = self.pick("retry", "retry", "skip", "refuse", "reassign")
        i = {"at": at, "kind": kind, "step": name or self.name(step), "actor": "somebody", "reason": "because"}
        if kind == "reassign":
            i.update(department="d3", region="441300")
        return i


def generate(seed):
    """(things, script): definitions, the last of which runs, and what happens to it."""
    g = Generator(seed)
    steps = g.random.choice([g.random.randint(1, 4)] * 4 + [g.random.randint(3, 12)] * 4 + [g.random.randint(10, 60)])
    things = []
    definition = g.definition("root", steps, 2, things)
    things.append(definition)
    script = dict(g.script(definition, things), form=g.form(), inputs=g.inputs(definition))
    return things, script

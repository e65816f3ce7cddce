"""What must happen to a case: DESIGN's case semantics as a slow, plain model, written without the engine's code.

run(things, script, hints) plays a script (the format of `thing run`, config/README.md) and gives the facts: what was
asked, cancelled, undone, how each step ended, what became of each answer, how each case closed.

Two things cannot be predicted and are taken from the engine as hints: the moment of a retry (full jitter; the model
checks its bounds) and, where the jitter decides, whether `give_up_after` lies before it.

A definition is a dict of the YAML's keys. Of the expressions the model knows paths (`${ .steps.a.result.n }`), the plain
form of conditions and nothing else: expressions have an oracle of their own. All limits are durations of the clock: the
calendar has tests of its own.

Where DESIGN leaves a choice, the model takes the reading that engine/SEMANTICS.md gives; such places say "Reading:".
"""
import datetime
import heapq
import json
import re

UNIT_US = {"d": 86400_000_000, "h": 3600_000_000, "m": 60_000_000, "s": 1_000_000, "ms": 1000}
ENDS = ("granted", "refused", "skipped", "unsatisfied", "expired", "cancelled", "compensated")
UNDOING = ("undoing", "undo_retrying", "undo_stuck")
FINAL = ("result", "rejected", "not_accepted", "cancelled")
START_US = 1772413200_000_000     # 2026-03-02T09:00+08:00, the start of a script that names none
NO_DELIVERY = ("withdraw", "terminate", "void")   # Reading: after these nothing is delivered


def duration(text):
    return sum(int(n) * UNIT_US[u] for n, u in re.findall(r"(\d+)(ms|d|h|m|s)", text))


class Refused(Exception):
    """The input can't be an input of this case: a dead letter."""


class Work:
    """A step, or one element of an `each` step."""

    def __init__(self, index):
        self.index = index
        self.state = "waiting"
        self.attempt = self.undo = self.attempts_before = self.undos_before = self.incidents = self.corrections = 0
        self.accepted = self.cancel_asked = self.spent = self.overdue = self.undo_over = self.correcting = False
        self.asked_at = self.since = self.due = self.retry_at = self.child = None
        self.final = self.result = self.reason = self.dispute = None
        self.department = self.reassigned = None
        self.seen = set()
        self.ended_by_operator = False

    def ended(self):
        return self.state in ENDS

    def active(self):
        return self.state != "waiting" and not self.ended()

    def was_granted(self):
        return self.state in ("granted", "compensated") + UNDOING


class Step:
    def __init__(self, definition):
        self.definition = definition
        self.id = definition["id"]
        self.kind = definition.get("kind", "task")
        self.needs = definition.get("needs", [])
        self.self = Work(-1)
        self.elements = None           # list of Work of an expanded `each`, and the check of an approve
        self.values = []
        self.deadline_at = self.gather_at = None
        self.missing = None

    def is_each(self):
        return "each" in self.definition

    def policy(self, state):
        refused = self.definition.get("on_refused", "block")
        return refused if state == "refused" else self.definition.get("on_expired", refused)

    def works(self):
        return [self.self] + (self.elements or [])

    def holds_open(self):
        """The works that hold a case open: all but those of a deliver, and the later check of an approve."""
        if self.kind == "deliver":
            return []
        return [self.self] if self.kind == "approve" else self.works()

    def leaves(self):
        """The works that are asked: the elements, or the step itself."""
        if self.kind == "approve":
            return [self.self]
        return self.elements if self.is_each() and self.elements is not None else [self.self]


class Case:
    def __init__(self, model, case_id, definition, script, parent=None):
        self.model, self.id, self.definition, self.script, self.parent = model, case_id, definition, script, parent
        self.phase, self.stop, self.outcome = "none", None, None
        self.form = {}
        self.signals = {}
        self.steps = {d["id"]: Step(d) for d in definition["steps"]}
        self.dependents = {s: [t.id for t in self.steps.values() if s in t.needs] for s in self.steps}
        self.queue = []                # waiting steps whose joins are to be looked at

    # ---- saying what happens ----

    def say(self, kind, step=None, work=None, **what):
        index = work.index if work else -1
        self.model.facts.append((self.model.now, self.id, kind, step.id if step else None, index, what))

    # ---- expressions: paths and plain conditions ----

    def value(self, text, step=None, work=None):
        if isinstance(text, dict):
            return {k: self.value(v, step, work) for k, v in text.items()}
        if not isinstance(text, str):
            return text
        match = re.fullmatch(r"\$\{ \.([a-z0-9_.]+) \}", text)
        return self.path(match.group(1), step, work) if match else text

    def path(self, path, step=None, work=None):
        names = path.split(".")
        if names[0] == "form":
            value = self.form
            names = names[1:]
        elif names[0] == "steps":
            value = self.seen_by_expressions(self.steps[names[1]])
            names = names[2:]
        else:                                          # the `as` name
            value = step.values[work.index]
            names = names[1:]
        for name in names:
            value = value.get(name) if isinstance(value, dict) else None
        return value

    def seen_by_expressions(self, step):
        result = None
        if step.self.was_granted() and step.self.state == "granted":
            result = step.self.result
            if step.is_each():
                result = [e.result if e.state == "granted" else None for e in step.elements or []]
        return {"state": step.self.state, "result": result, "reason": step.self.reason, "missing": step.missing}

    def condition(self, c):
        if "all" in c:
            return all(self.condition(x) for x in c["all"])
        if "any" in c:
            return any(self.condition(x) for x in c["any"])
        value = self.path(c["field"])
        if "is" in c:
            return value == c["is"] and type(value) is type(c["is"])
        if "over" in c:
            return value is not None and value > c["over"]
        if "exists" in c:
            return (value is not None) == c["exists"]
        raise ValueError(c)

    def decide_condition(self, c):
        """True, False, or None when it is neither."""
        if isinstance(c, dict):
            return self.condition(c)
        value = self.value(c)
        return value if isinstance(value, bool) else None

    # ---- joins ----

    def met(self, need):
        """Does this need count as met for `all`? None while it is open."""
        state = need.self.state
        if state in ("refused", "expired"):
            return need.policy(state) == "continue"
        if not need.self.ended():
            return True if state in UNDOING else None
        return state in ("granted", "skipped")

    def join(self, step):
        """met, unsatisfied or open."""
        needs = [self.steps[n] for n in step.needs]
        rule = step.definition.get("join", "all")
        k = self.at_least(rule)
        if k is None:
            verdicts = [self.met(n) for n in needs]
            if any(v is False for v in verdicts):
                return "unsatisfied"
            return "met" if all(verdicts) else "open"
        return self.enough(k, [n.self.state for n in needs])

    @staticmethod
    def at_least(rule):
        """k of a join or gathering; None: all."""
        if rule == "all" or rule is None:
            return None
        if rule == "any":
            return 1
        if rule.get("any"):
            return 1
        return rule.get("at_least")

    @staticmethod
    def enough(k, states):
        skipped = states.count("skipped")
        k = min(k, len(states) - skipped)
        granted = sum(s == "granted" or s in UNDOING for s in states)
        still_open = sum(s not in ENDS and s not in UNDOING for s in states)
        if granted >= k:
            return "met"
        return "unsatisfied" if granted + still_open < k else "open"

    def deadline_of(self, rule):
        return duration(rule["deadline"]) if isinstance(rule, dict) and "deadline" in rule else None

    # ---- the flow ----

    def submit(self, form):
        self.phase = "running"
        self.form = form
        self.say("case_started")
        self.queue = [s.id for s in self.steps.values() if not s.needs]
        self.settle()

    def settle(self):
        """Everything that follows, until nothing more does: what waits is looked at in the order in which its needs
        ended (Reading: first come, first looked at; in one moment, a refusal that stops the case may come between)."""
        while self.queue:
            step = self.steps[self.queue.pop(0)]
            if step.self.state != "waiting" or self.phase != self.opens_in(step):
                continue
            verdict = self.join(step)
            if verdict == "unsatisfied":
                self.end(step, step.self, "unsatisfied")
            elif verdict == "met":
                self.open(step)
        if self.phase == "stopping" and self.undo_what_can_be():
            return self.settle()
        if self.phase in ("running", "stopping") and not self.anything_open():
            self.close()

    @staticmethod
    def opens_in(step):
        return "closed" if step.kind == "deliver" else "running"

    def anything_open(self):
        return any(not w.ended() for s in self.steps.values() for w in s.holds_open())

    def close(self):
        self.phase = "closed"
        self.queue = [s.id for s in self.steps.values() if s.kind == "deliver"]
        works = [w for s in self.steps.values() for w in s.holds_open()]
        bad = any(w.state in ("refused", "expired", "unsatisfied", "cancelled") and not w.spent for w in works)
        granted = any(w.state == "granted" for w in works)
        self.outcome = {"withdraw": "withdrawn", "terminate": "terminated", "void": "void"}.get(self.stop)
        if not self.outcome:
            # Reading: what was undone without a refusal of its own was refused somewhere else, in the parent.
            bad = bad or self.stop == "compensate" and not granted
            self.outcome = "granted" if not bad else "partial" if granted else "refused"
        self.say("case_closed", outcome=self.outcome, stop=self.stop)
        if self.parent:
            parent, step, index = self.parent
            self.model.put(self.model.now, {"kind": "child_ended", "case": parent, "step": step, "index": index,
                                            "outcome": self.outcome, "child": self.id})
        self.settle()                                  # deliver steps

    # ---- opening a step ----

    def open(self, step, missing=None):
        """Its join opened."""
        step.deadline_at = None
        d = step.definition
        work = step.self
        step.missing = missing
        if "when" in d:
            verdict = self.decide_condition(d["when"])
            if verdict is None:
                return self.stick(step, work, missing)
            if not verdict:
                return self.end(step, work, "skipped", missing=missing)
        if step.kind == "approve":
            return self.open_approve(step, missing)
        if step.kind == "wait":
            return self.open_wait(step, missing)
        if step.is_each():
            return self.open_each(step, missing)
        self.ask(step, work, missing)

    def open_approve(self, step, missing):
        verdict = self.decide_condition(step.definition["if"])
        if verdict is None:
            return self.stick(step, step.self, missing)
        if verdict and "check" in step.definition:
            step.elements = [Work(0)]
            step.values = [None]
            self.end(step, step.self, "granted", missing=missing)
            self.say("step_expanded", step, count=1)
            return self.ask(step, step.elements[0])
        self.end(step, step.self, "granted" if verdict else "refused", missing=missing)

    def open_wait(self, step, missing):
        d, work = step.definition, step.self
        if "signal" in d:
            due, reason = None, d["signal"]
        elif "for" in d:
            due, reason = self.model.now + duration(d["for"]), "for"
        else:
            moment = self.value(d["until"])
            due, reason = self.moment(moment), "until"
            if due is None:
                return self.stick(step, work, missing)
        work.state = "running"
        work.asked_at = work.since = self.model.now
        work.due = due
        if "timeout" in d and due is None:
            work.due = self.model.now + duration(self.timeout(step)[0])
        self.say("step_held", step, due=work.due, reason=reason, missing=missing)
        self.first_asked(step)
        if "signal" not in d and due <= self.model.now:
            self.end(step, work, "granted")
        if reason in self.signals and "signal" in d:
            work.result = self.signals[reason]
            self.end(step, work, "granted")

    @staticmethod
    def moment(text):
        try:
            return round(datetime.datetime.fromisoformat(text).timestamp()) * 1_000_000
        except (TypeError, ValueError):
            return None

    def open_each(self, step, missing):
        each = step.definition["each"]
        values = self.value(each["in"])
        if not isinstance(values, list):
            return self.stick(step, step.self, missing)
        if not values:
            return self.end(step, step.self, "skipped", missing=missing)
        step.values = values
        step.elements = [Work(i) for i in range(len(values))]
        step.self.state = "running"
        step.self.asked_at = self.model.now
        limit = self.deadline_of(each.get("gather"))
        step.gather_at = self.model.now + limit if limit is not None else None
        self.say("step_expanded", step, count=len(values), missing=missing, due=step.gather_at)
        for element in step.elements:
            self.ask(step, element)

    @staticmethod
    def timeout(step):
        t = step.definition.get("timeout")
        if t is None:
            return None, None
        return (t, "incident") if isinstance(t, str) else (t["limit"], t.get("then", "incident"))

    def ask(self, step, work, missing=None):
        work.attempt += 1
        work.state = "running"
        work.accepted = work.cancel_asked = work.correcting = False
        work.seen = set()
        work.retry_at = None
        now = self.model.now
        first = work.asked_at is None
        if first:
            work.asked_at = now
        if work.since is None:
            work.since = now
            limit, _ = self.timeout(step)
            if step.kind == "approve":
                limit = step.definition["check"]["within"]
            if limit is not None:
                work.due = now + duration(limit)
        if step.kind == "thing":
            work.child = "%s/%s.%d" % (self.id, step.id, max(work.index, 0))
            form = self.value(step.definition["form"], step, work)
            self.say("child_asked", step, work, attempt=work.attempt, missing=missing, data=form)
            self.model.put(now, {"kind": "submit", "case": work.child, "thing": step.definition["name"], "form": form,
                                 "parent": (self.id, step.id, work.index)})
        else:
            d = step.definition
            department = d.get("department") or d.get("source") or d.get("by")
            if step.kind == "approve":
                department = d["check"]["department"]
            work.department = work.reassigned or department
            data = self.value(d.get("input", {}), step, work) if step.kind != "approve" else {}
            self.say("step_asked", step, work, attempt=work.attempt, missing=missing, data=data, department=work.department)
            self.model.script_answers(self, "answers", step, work, work.attempt)
        if first and step.kind != "approve":
            self.first_asked(step)

    def first_asked(self, step):
        """A deadline of a join counts from the moment the first of its needs was asked."""
        if self.phase != "running":
            return
        for name in self.dependents[step.id]:
            waiting = self.steps[name]
            limit = self.deadline_of(waiting.definition.get("join"))
            if waiting.kind == "deliver":
                continue       # Reading: a deliver's join opens when the case has closed, and then nothing is out
            if limit is not None and waiting.self.state == "waiting" and waiting.deadline_at is None:
                waiting.deadline_at = self.model.now + limit
                self.say("deadline_set", waiting, due=waiting.deadline_at)

    # ---- the end of a step or element ----

    def end(self, step, work, state, spent=False, **what):
        """`spent`: it is known to trigger nothing; else whether it does is seen from what still waits for it."""
        work.state = state
        work.due = work.retry_at = None
        self.close_incidents(step, work)
        if work.index >= 0:
            # Like a step whose dependents have all left waiting: what waits for an element is its gathering.
            work.spent = state in ("refused", "expired") and (spent or step.self.ended() or self.nobody_waits(step))
            self.say("step_ended", step, work, state=state, spent=work.spent, **what)
            if step.kind == "approve":
                return self.check_ended(step, work)
            self.may_stop(step, work)
            self.elements_undone(step)
            return self.gather(step)
        step.deadline_at = step.gather_at = None
        self.queue += self.dependents[step.id]
        work.spent = state in ("refused", "expired") and (spent or self.nobody_waits(step))
        self.say("step_ended", step, work, state=state, spent=work.spent, **what)
        self.may_stop(step, work)

    def elements_undone(self, step):
        """A step whose elements were undone is compensated when none of them stays granted."""
        states = [e.state for e in step.elements]
        if step.self.state in UNDOING and not any(s in UNDOING for s in states):
            self.end(step, step.self, "granted" if "granted" in states else "compensated")

    def nobody_waits(self, step):
        """It has dependents, and all have left waiting."""
        names = self.dependents[step.id]
        return bool(names) and all(self.steps[n].self.state != "waiting" for n in names)

    def may_stop(self, step, work):
        if work.state in ("refused", "expired") and not work.spent and step.kind != "deliver":
            policy = step.policy(work.state)
            if policy in ("close", "compensate"):
                self.begin_stop(policy, step)

    def check_ended(self, step, work):
        if work.state in ("refused", "expired"):
            self.open_incident(step, work, step.definition["check"].get("on_fail", "check_failed"))

    def gather(self, step):
        """The elements' join; it opens once."""
        if step.self.state != "running":
            return
        policies = [step.policy(e.state) == "continue" if e.state in ("refused", "expired") else None for e in step.elements]
        k = self.at_least(step.definition["each"].get("gather"))
        states = [e.state for e in step.elements]
        if k is None:
            good = [s in ("granted", "skipped") or p is True for s, p in zip(states, policies)]
            bad = [s in ENDS and not g for s, g in zip(states, good)]
            verdict = "unsatisfied" if any(bad) else "met" if all(good) else "open"
        else:
            verdict = self.enough(k, states)
        if verdict == "met":
            self.end(step, step.self, "granted")
        elif verdict == "unsatisfied":
            self.end(step, step.self, "unsatisfied")

    # ---- stopping ----

    def begin_stop(self, why, by=None):
        if self.phase != "running" and not (self.phase == "stopping" and why == "void" and self.stop != "void"):
            return                                     # the first stop wins; but what is void is void
        self.phase, self.stop = "stopping", why
        self.say("stop_decided", by, stop=why)
        for step in self.steps.values():
            if step.kind == "deliver" and why not in NO_DELIVERY:
                continue
            for work in step.leaves() + (step.elements or [] if step.kind == "approve" and why in NO_DELIVERY else []):
                self.stop_work(step, work, why)

    def stop_work(self, step, work, why):
        if work.state == "waiting":
            return self.end(step, work, "cancelled")
        if why == "void":                              # Reading: it waits for nobody
            if work.ended():
                return None
            if step.kind == "thing" and work.state in ("running", "cancelling"):
                self.cancel_child(step, work, why)
            elif work.state in ("running", "cancelling") and step.kind != "wait" and not work.cancel_asked:
                self.cancel(step, work)
            return self.end(step, work, "cancelled")
        # Reading: what was never asked, and waits for an operator, ends too.
        if step.kind == "wait" and work.state == "running" or work.state == "stuck" and work.attempt == 0:
            return self.end(step, work, "cancelled")
        if step.kind == "thing":
            if work.state == "running":
                self.cancel_child(step, work, why, "cancelling")
            return None
        if work.state == "running" and (not work.accepted or why == "withdraw"):
            work.state = "cancelling"
            self.cancel(step, work, "cancelling")
        elif work.state == "retrying" and (not work.accepted or why == "withdraw"):
            self.end(step, work, "cancelled")
        return None

    def cancel(self, step, work, state=None):
        work.cancel_asked = True
        self.say("cancel_asked", step, work, attempt=work.attempt, state=state)
        self.model.script_answers(self, "cancel_answers", step, work, 1)

    def cancel_child(self, step, work, why, state=None):
        if state:
            work.state = state
        if why == "compensate" and not step.definition.get("reversible"):
            why = "close"
        work.cancel_asked = True
        self.say("child_cancel_asked", step, work, stop=why, state=state)
        self.model.put(self.model.now, {"kind": "stop_child", "case": work.child, "stop": why})

    # ---- compensation ----

    def undo_what_can_be(self):
        if self.stop != "compensate":
            return False
        if any(not w.ended() and w.state not in UNDOING for s in self.steps.values() for w in s.holds_open()):
            return False
        begun = False
        for step in self.steps.values():
            for work in step.leaves():
                if self.to_undo(step, work) and not self.undoing_after(step):
                    self.begin_undo(step, work)
                    begun = True
        return begun

    def to_undo(self, step, work):
        if work.state != "granted" or work.undo_over:
            return False
        if step.kind == "thing":
            return bool(step.definition.get("reversible"))
        return bool(step.definition.get("reversible")) and "compensate" in step.definition and work.attempt > 0

    def undoing_after(self, step):
        """Is one that directly or indirectly needs it still to be undone?"""
        seen, todo = set(), list(self.dependents[step.id])
        while todo:
            name = todo.pop()
            if name in seen:
                continue
            seen.add(name)
            todo += self.dependents[name]
            other = self.steps[name]
            if other.kind != "deliver" and any(w.state in UNDOING or self.to_undo(other, w) for w in other.leaves()):
                return True
        return False

    def begin_undo(self, step, work):
        work.state = "undoing"
        if work.index >= 0 and step.self.state == "granted":
            step.self.state = "undoing"                # with its first element the step itself
        work.undo += 1
        work.since_undo = self.model.now
        if step.kind == "thing":
            return self.cancel_child(step, work, "compensate")
        self.say_undo(step, work)

    def say_undo(self, step, work):
        work.retry_at = None
        work.seen_undo = set()
        self.say("undo_asked", step, work, attempt=work.attempt, ordinal=work.undo)
        self.model.script_answers(self, "undo_answers", step, work, work.undo)

    # ---- incidents ----

    def open_incident(self, step, work, reason):
        work.incidents += 1
        self.say("incident_opened", step, work, reason=reason)

    def close_incidents(self, step, work):
        if work.incidents:
            self.say("incident_closed", step, work, count=work.incidents)
            work.incidents = 0

    def stick(self, step, work, missing=None):
        work.state = "undo_stuck" if work.state in UNDOING else "stuck"
        work.retry_at = None
        work.incidents += 1
        self.say("step_stuck", step, work, missing=missing)

    # ---- answers ----

    def find(self, i):
        step = self.steps.get(i.get("step"))
        if not step:
            raise Refused("unknown_step")
        index = i.get("index", -1)
        if i["kind"] == "answer" and step.is_each() and step.elements is not None and index < 0 and self.phase != "closed":
            raise Refused("unknown_element")           # no task was ever the whole step's
        if index < 0:
            return step, step.self
        if step.is_each() and step.elements is None:
            return step, None                          # not asked: it waits, or was skipped
        if step.elements is None or index >= len(step.elements):
            raise Refused("unknown_element")
        return step, step.elements[index]

    def record(self, step, work, i, fate):
        self.say("answer_recorded", step, work or Work(i.get("index", -1)), fate=fate, answer=i["answer"])

    def check_schema(self, i):
        """The generator's schemas know one rule: a result's `n` is a whole number."""
        step = self.steps.get(i.get("step"))
        if self.phase != "closed" and i["answer"] == "result" and not i.get("undo") and step and "result" in step.definition:
            if type(i.get("data", {}).get("n", 0)) is not int:
                raise Refused("result_invalid")

    def answer(self, i):
        self.check_schema(i)
        step, work = self.find(i)
        undo = i.get("undo", 0)
        attempt = i.get("attempt", 0)
        late_kind = step.kind == "deliver" or (step.kind == "approve" and work and work.index >= 0)
        if self.phase == "closed" and not (late_kind and work and not work.ended()):
            return self.record(step, work, i, "case_closed")
        if not work or work.attempt == 0 or step.kind == "thing" or work.state == "skipped" or attempt > work.attempt or undo > work.undo:
            return self.record(step, work, i, "not_asked")
        if attempt and attempt < work.attempt or undo and undo < work.undo:
            return self.record(step, work, i, "older_attempt")
        if i.get("department") and i["department"] != work.department:
            raise Refused("department")
        if undo:
            return self.undo_answer(step, work, i)
        mark = (i["source"], i["id"])
        if mark in work.seen:
            return self.record(step, work, i, "duplicate")
        work.seen.add(mark)
        if work.ended() or work.state in UNDOING:
            return self.answer_after_end(step, work, i)
        fate = self.take(step, work, i)
        if fate == "applied":
            self.settle()
        else:
            self.record(step, work, i, fate)

    @staticmethod
    def content(i):
        return (i["answer"], json.dumps(i.get("data"), sort_keys=True) if i["answer"] == "result" else i.get("reason"))

    def answer_after_end(self, step, work, i):
        final = i["answer"] in FINAL
        if final and self.content(i) in (work.final, work.dispute):
            return self.record(step, work, i, "duplicate")
        # A department that carries out the cancellation that followed an operator's refusal contradicts nobody.
        obeys = i["answer"] == "cancelled" and work.cancel_asked and work.ended_by_operator
        # Reading: after an end that is no decision (expired, cancelled) nothing contradicts it.
        if work.final is None or work.state in ("expired", "cancelled") or obeys:
            return self.record(step, work, i, "late")
        if not final or i["answer"] == "cancelled" and not work.cancel_asked:
            return self.record(step, work, i, "out_of_place")
        work.dispute = self.content(i)
        self.say("dispute_opened", step, work, answer=i["answer"])

    def take(self, step, work, i):
        """An answer to the current attempt of work that has not ended."""
        kind = i["answer"]
        if kind in ("result", "rejected", "not_accepted"):
            work.final = self.content(i)
            if kind == "result":
                work.result = i.get("data", {})
            else:
                work.reason = i.get("reason")
            self.end(step, work, "granted" if kind == "result" else "refused")
        elif kind == "cancelled":
            if work.state != "cancelling":
                return "out_of_place"
            work.final = self.content(i)
            self.end(step, work, "cancelled")
        elif kind == "cancel_refused":
            if work.state != "cancelling":
                return "out_of_place"
            work.state = "running"
            self.say("answer_noted", step, work, answer=kind)
        elif kind == "error":
            if work.state not in ("running", "cancelling"):
                return "out_of_place"
            self.fail(step, work, i)
        else:
            if kind == "accepted":
                work.accepted = True
            self.say("answer_noted", step, work, answer=kind)
        return "applied"

    def fail(self, step, work, i):
        if work.state == "cancelling":
            return self.end(step, work, "cancelled")
        if not i.get("retryable"):
            return self.stick(step, work)
        failures = work.attempt - work.attempts_before
        self.back_off(step, work, failures, work.since, "retrying")

    def back_off(self, step, work, failures, since, state):
        rule = step.definition.get("retry", {})
        cap = min(duration(rule.get("most", "5m")), duration(rule.get("first", "1s")) * 2 ** (failures - 1))
        give_up = since + duration(rule.get("give_up_after", "1d"))
        now = self.model.now
        due = self.model.hints.get((self.id, step.id, work.index, work.attempt, work.undo if state == "undo_retrying" else 0))
        if failures >= rule.get("attempts", 8) or now >= give_up:
            return self.stick(step, work)
        if due is None and now + cap >= give_up:
            return self.stick(step, work)                       # the jitter decided
        if due is None:
            due = now + cap                                     # the engine gave up too early: a difference will show
        if not now <= due <= now + cap:
            self.say("retry_out_of_bounds", step, work, due=due, cap=cap)
        work.state, work.retry_at = state, due
        self.say("retry_set", step, work, attempt=work.attempt, state=state)

    def undo_answer(self, step, work, i):
        mark = (i["source"], i["id"])
        if mark in work.seen_undo:
            return self.record(step, work, i, "duplicate")
        if work.state not in UNDOING:
            fate = "duplicate" if work.final_undo == self.content(i) else "out_of_place"
            return self.record(step, work, i, fate)
        work.seen_undo.add(mark)
        kind = i["answer"]
        if kind == "result":
            work.final_undo = self.content(i)
            self.end(step, work, "compensated")
        elif kind in ("rejected", "not_accepted"):
            self.stick(step, work)
        elif kind == "error" and i.get("retryable"):
            self.back_off(step, work, work.undo - work.undos_before, work.since_undo, "undo_retrying")
        elif kind == "error":
            self.stick(step, work)
        elif kind in ("cancelled", "cancel_refused"):
            return self.record(step, work, i, "out_of_place")
        else:
            self.say("answer_noted", step, work, answer=kind)
        self.settle()

    # ---- time ----

    def next_due(self):
        moments = [t for s in self.steps.values() for t in [s.deadline_at, s.gather_at]
                   + [t for w in s.works() for t in (w.due, w.retry_at)] if t is not None]
        return min(moments, default=None)

    def timer(self):
        now = self.model.now
        for step in list(self.steps.values()):
            if step.deadline_at is not None and step.deadline_at <= now:
                self.join_deadline(step)
            if step.gather_at is not None and step.gather_at <= now:
                self.gather_deadline(step)
            for work in step.works():
                if work.retry_at is not None and work.retry_at <= now:
                    self.retry_due(step, work)
                if work.due is not None and work.due <= now:
                    self.work_due(step, work)
        self.settle()

    def retry_due(self, step, work):
        if work.state == "undo_retrying":
            work.state = "undoing"
            work.undo += 1
            self.say_undo(step, work)
        else:
            self.ask(step, work)

    def work_due(self, step, work):
        work.due = None
        if step.kind == "approve":                     # Reading: a check that is not answered in time has failed
            return self.expire(step, work)
        if step.kind == "wait" and "signal" not in step.definition:
            return self.end(step, work, "granted")
        if self.timeout(step)[1] == "incident":
            work.overdue = True
            return self.open_incident(step, work, "timeout")
        self.expire(step, work)

    def expire(self, step, work, **what):
        asked = work.state == "running" and work.attempt > 0
        was_child = step.kind == "thing"
        self.end(step, work, "expired", **what)
        if asked and was_child:
            self.cancel_child(step, work, "close")
        elif asked and not work.cancel_asked:
            self.cancel(step, work)

    def missing_of(self, step):
        return sorted(n for n in step.needs if not self.steps[n].self.ended())

    def join_deadline(self, step):
        missing = self.missing_of(step)
        # The later ones first: what only an expiring need waited for is waited for by nobody.
        for name in sorted(missing, key=list(self.steps).index, reverse=True):
            need = self.steps[name]
            if any(self.steps[n].self.state == "waiting" and n != step.id for n in self.dependents[name]):
                continue
            if need.is_each() and need.elements is not None or not need.self.active():
                self.end(need, need.self, "expired", spent=True)
            for work in need.leaves():
                if not work.ended():
                    self.expire(need, work, spent=True)
        self.open(step, missing)

    def gather_deadline(self, step):
        step.missing = [e.index for e in step.elements if not e.ended()]
        self.end(step, step.self, "granted", missing=step.missing)
        for element in step.elements:
            if not element.ended():
                self.expire(step, element)

    # ---- other inputs ----

    def child_ended(self, i):
        step, work = self.find(i)
        if work.state in UNDOING:
            self.end(step, work, "compensated")
        elif work.ended():
            self.say("answer_recorded", step, work, fate="late" if work.state in ("expired", "cancelled") else "out_of_place",
                     answer=None)
        else:
            good = i["outcome"] in ("granted", "partial")
            if work.state == "cancelling" and not good:    # Reading: stopped by its parent with nothing granted
                self.end(step, work, "cancelled")
            else:
                work.result = {"outcome": i["outcome"]} if good else None
                self.end(step, work, "granted" if good else "refused")
        self.settle()

    def stopped_by_parent(self, i):
        if self.phase == "running" or self.phase == "stopping" and i["stop"] == "void" and not self.undoing():
            self.begin_stop(i["stop"])
            self.settle()
        elif self.phase == "stopping" or i["stop"] != "compensate":
            self.say("answer_recorded", fate="case_closed" if self.phase == "closed" else "out_of_place", answer=None)
        else:
            self.phase, self.stop = "stopping", "compensate"
            self.say("stop_decided", None, stop="compensate")
            self.settle()

    def undoing(self):
        """Reading: an undoing that has begun is not interrupted by void."""
        return any(w.state in UNDOING for s in self.steps.values() for w in s.works())

    def signal(self, i):
        if not any(s.kind == "wait" and s.definition.get("signal") == i["id"] for s in self.steps.values()):
            raise Refused("unknown_signal")            # Reading: like an unknown step
        if self.phase == "closed":
            return self.say("answer_recorded", None, None, fate="case_closed", answer=None)
        self.signals[i["id"]] = i.get("data")
        self.say("signal_noted", id=i["id"])
        for step in self.steps.values():
            if step.definition.get("signal") == i["id"] and step.self.state == "running":
                step.self.result = i.get("data")
                self.end(step, step.self, "granted")
        self.settle()

    def withdrawn(self, i):
        if self.phase != "running":                    # Reading: a case that stops is not stopped again
            fate = "case_closed" if self.phase == "closed" else "out_of_place"
            return self.say("answer_recorded", None, None, fate=fate, answer=None)
        self.begin_stop("withdraw")
        self.settle()

    def operator(self, i):
        kind = i["kind"]
        if kind in ("close", "void"):
            if self.phase == "closed" or kind == "close" and self.phase == "stopping" or kind == "void" and self.undoing():
                raise Refused("not_in_place")          # Reading
            self.say("operator_acted", reason=kind)
            self.begin_stop({"close": "terminate", "void": "void"}[kind])
            return self.settle()
        step, work = self.find(i)
        if not work or work.ended() or self.phase == "closed" and step.kind != "deliver":
            raise Refused("closed")
        getattr(self, "operator_" + kind)(step, work, i)
        self.settle()

    def is_self_of_each(self, step, work):
        return step.is_each() and work.index < 0 and step.elements is not None

    @staticmethod
    def asks_nobody(step):
        return step.kind in ("wait", "approve", "thing")

    def operator_retry(self, step, work, i):
        if (work.state in ("waiting", "cancelling") or self.is_self_of_each(step, work)
                or self.asks_nobody(step) and work.state not in ("stuck", "undo_stuck")):
            raise Refused("not_in_place")
        self.say("operator_acted", step, work, reason="retry")
        self.again(step, work)

    def again(self, step, work):
        """Reading: an attempt that is still out is cancelled, and the next one goes out."""
        if work.state == "running" and not work.cancel_asked:
            self.cancel(step, work)
        self.close_incidents(step, work)
        if work.state.startswith("undo"):
            work.undos_before = work.undo
            work.since_undo = self.model.now
            work.state = "undoing"
            work.undo += 1
            return self.say_undo(step, work)
        work.attempts_before = work.attempt
        work.since = None
        if work.attempt == 0 and work.index < 0:
            work.state = "waiting"
            missing = step.missing
            self.open(step)
            step.missing = missing                     # who was silent stays known
            return None
        return self.ask(step, work)

    def operator_skip(self, step, work, i):
        self.operator_end(step, work, "skip", "skipped")

    def operator_refuse(self, step, work, i):
        if work.state == "waiting" or work.state in UNDOING:
            raise Refused("not_in_place")
        self.operator_end(step, work, "refuse", "refused", i["reason"])

    def operator_end(self, step, work, verb, state, reason=None):
        if self.is_self_of_each(step, work) or step.kind == "thing" and work.state in UNDOING:
            raise Refused("not_in_place")              # Reading: the sub-case is undone by itself
        self.say("operator_acted", step, work, reason=verb)
        work.ended_by_operator = True
        if work.state in UNDOING:                      # Reading: its compensation is given up, it stays granted
            work.undo_over = True
            return self.end(step, work, "granted")
        if verb == "refuse":
            work.final = ("rejected", reason)          # Reading: recorded like an answer, a department's may contradict it
            work.reason = reason
        out = work.state in ("running", "cancelling") and work.attempt > 0
        self.end(step, work, state)
        if out and step.kind == "thing" and not work.cancel_asked:
            self.cancel_child(step, work, "close")
        elif out and step.kind != "thing" and not work.cancel_asked:
            self.cancel(step, work)                    # Reading: its department need not go on

    def operator_reassign(self, step, work, i):
        if self.asks_nobody(step) or step.is_each() and work.index < 0 and work.state != "stuck" or work.state == "cancelling":
            raise Refused("not_in_place")
        self.say("operator_acted", step, work, reason="reassign")
        work.reassigned = i["department"]
        self.say("reassigned", step, work, department=i["department"])
        if work.active():
            self.again(step, work)


class Model:
    """The agenda of `thing run`: inputs on a virtual clock, equal moments in the order in which they were put."""

    def __init__(self, things, script, hints):
        self.things = {d["thing"]: d for d in things}
        self.hints = hints
        self.facts = []
        self.cases = {}
        self.agenda = []
        self.order = 0
        self.now = START_US
        root = Case(self, "run", things[-1], script)
        self.cases["run"] = root
        self.put(START_US, {"kind": "submit", "case": "run", "form": script.get("form", {})})
        for n, entry in enumerate(script.get("inputs", [])):
            i = {k: v for k, v in entry.items() if k != "at"}
            if "." in i.get("step", ""):
                i["step"], index = i["step"].split(".")
                i["index"] = int(index)
            i.setdefault("case", "run")
            if "source" not in i:
                i["source"] = "script"
                i.setdefault("id", "input-%d" % n)
            self.put(START_US + duration(entry["at"]), i)

    def put(self, at, i):
        heapq.heappush(self.agenda, (at, self.order, i))
        self.order += 1

    def script_answers(self, case, section, step, work, attempt):
        answers = (case.script or {}).get(section, {})
        entries = answers.get("%s.%d" % (step.id, work.index)) if work.index >= 0 else None
        if entries is None:
            entries = answers.get(step.id)
        if entries is None or isinstance(entries, dict) and attempt > 1:
            return
        entry = entries if isinstance(entries, dict) else entries[attempt - 1] if attempt <= len(entries) else None
        if entry is None:
            return
        for e in entry if isinstance(entry, list) else [entry]:
            i = {"kind": "answer", "case": case.id, "step": step.id, "index": work.index, "attempt": work.attempt,
                 "answer": e.get("kind", "result"), "retryable": e.get("retryable", False), "reason": e.get("reason"),
                 "data": e.get("data"), "source": e.get("source", "script"), "id": e.get("id", "answer-%d" % self.order),
                 "department": work.department}
            if section == "undo_answers":
                i["undo"] = work.undo
            self.put(self.now + duration(e.get("after", "0s")), self.completed(i))

    @staticmethod
    def completed(i):
        if i["answer"] == "result" and i.get("data") is None:
            i["data"] = {}
        if i["answer"] in ("rejected", "not_accepted") and i.get("reason") is None:
            i["reason"] = "script"
        return i

    def play(self):
        for _ in range(200000):
            dues = [(c.next_due(), n, c) for n, c in enumerate(self.cases.values()) if c.next_due() is not None]
            due = min(dues, default=None, key=lambda d: d[:2])
            if not self.agenda and due is None:
                return
            if self.agenda and (due is None or self.agenda[0][0] <= due[0]):
                at, _, i = heapq.heappop(self.agenda)
                self.now = max(self.now, at)
                self.deliver(i)
            else:
                self.now = max(self.now, due[0])
                due[2].timer()
        raise RuntimeError("the model's run does not end")

    def deliver(self, i):
        if i["kind"] == "submit" and "parent" in i:
            parent, step, index = i["parent"]
            children = (self.cases[parent].script or {}).get("children", {})
            script = (children.get("%s.%d" % (step, index)) if index >= 0 else None) or children.get(step)
            self.cases[i["case"]] = Case(self, i["case"], self.things[i["thing"]], script, i["parent"])
        case = self.cases.get(i["case"])
        before = len(self.facts)
        try:
            if not case:
                raise Refused("case_unknown")
            kind = i["kind"]
            if kind == "submit":
                case.submit(i["form"])
            elif kind == "answer":
                case.answer(i)
            elif kind == "child_ended":
                case.child_ended(i)
            elif kind == "stop_child":
                case.stopped_by_parent(i)
            elif kind == "signal":
                case.signal(i)
            elif kind == "withdrawn":
                case.withdrawn(i)
            else:
                case.operator(i)
        except Refused as refused:
            assert len(self.facts) == before, (refused, self.facts[before:])
            self.facts.append((self.now, i["case"], "refused", i.get("step"), -1, {"input": i["kind"]}))


def run(things, script, hints):
    """(facts, cases) of the last of `things`; hints: {(case, step, index, attempt, undo): due_us} of the engine's retries."""
    model = Model(things, script, hints)
    model.play()
    return model.facts, model.cases

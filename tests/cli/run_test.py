"""yjsctl thing run: the definition writer's test kit, on small definitions and on the one that is shipped."""
import glob
import json
import os
import time

from kit import ROOT, Case, Project, unittest, yjsctl

THING = "config/things/secondhand_home_transfer.yaml"
SCRIPTS = sorted(glob.glob(os.path.join(ROOT, "config/samples/scripts/secondhand_home_transfer/*.yaml")))


class Run(Case):
    def setUp(self):
        self.project = Project()
        self.addCleanup(self.project.cleanup)

    def run_one(self, steps, script, status=0, more=()):
        """Runs a case; gives its events and the final state."""
        definition = self.project.thing("trial", steps)
        path = self.project.write("script.yaml", "form: {}\n" + script)
        told = yjsctl("thing", "run", definition, "--script", path, *more)
        self.assertEqual(told.status, status, told)
        lines = [json.loads(line) for line in told.out.splitlines()]
        self.told = told
        return lines[:-1], lines[-1]

    def states(self, final):
        return {name: step["state"] for name, step in final["steps"].items()}

    def test_straight_case_runs_its_steps_in_order_and_is_granted(self):
        events, final = self.run_one(
            ["id: a, department: alpha", "id: b, department: beta, needs: [a]"],
            "start: 2026-03-02T09:00:00+08:00\nanswers: {a: [{after: 2h}], b: [{after: 30m}]}\n")
        self.assertEqual((final["state"], final["outcome"]), ("closed", "granted"))
        self.assertEqual(final["closed_at"], "2026-03-02T03:30:00Z")
        self.assertEqual([e["step"] for e in events if e["kind"] == "step_asked"], ["a", "b"])
        self.assertEqual(events[0]["at"], "2026-03-02T09:00:00+08:00")
        self.assertEqual([e["version"] for e in events], list(range(1, len(events) + 1)))

    def test_refusal_leaves_what_needs_the_step_unsatisfied(self):
        _, final = self.run_one(
            ["id: a, department: alpha", "id: b, department: beta, needs: [a]", "id: c, department: gamma"],
            "answers: {a: [{after: 1m, kind: rejected, reason: sealed}], c: [{after: 1h}]}\n")
        self.assertEqual(self.states(final), {"a": "refused", "b": "unsatisfied", "c": "granted"})
        self.assertEqual((final["outcome"], final["steps"]["a"]["reason"]), ("partial", "sealed"))

    def test_refusal_that_continues_counts_as_met(self):
        _, final = self.run_one(
            ["id: a, department: alpha, on_refused: continue", "id: b, department: beta, needs: [a]"],
            "answers: {a: [{after: 1m, kind: rejected, reason: no}], b: [{after: 1m}]}\n")
        self.assertEqual(self.states(final), {"a": "refused", "b": "granted"})

    def test_retryable_error_is_tried_again_with_the_next_entry(self):
        events, final = self.run_one(
            ["id: a, department: alpha, retry: {attempts: 5, first: 1s, most: 10s}"],
            "answers:\n  a: [{after: 1s, kind: error, retryable: true, reason: down}, {after: 1s, kind: error, retryable: true, "
            "reason: down}, {after: 1s}]\n")
        self.assertEqual((final["outcome"], final["steps"]["a"]["attempt"]), ("granted", 3))
        self.assertEqual([e["attempt"] for e in events if e["kind"] == "step_asked"], [1, 2, 3])

    def test_single_mapping_answers_the_first_attempt_alone(self):
        _, final = self.run_one(["id: a, department: alpha, retry: {attempts: 2, first: 1s, most: 2s}"],
                                "answers: {a: {after: 1s, kind: error, retryable: true}}\n")
        self.assertEqual((final["steps"]["a"]["state"], final["steps"]["a"]["attempt"]), ("running", 2))

    def test_step_without_more_attempts_is_stuck_until_an_operator_acts(self):
        steps = ["id: a, department: alpha, retry: {attempts: 2, first: 1s, most: 2s}"]
        errors = "answers: {a: [{after: 1s, kind: error, retryable: true}, {after: 1s, kind: error, retryable: true}, {after: 1s}]}\n"
        _, final = self.run_one(steps, errors)
        self.assertEqual((self.states(final), final["incidents"]), ({"a": "stuck"}, 1))
        _, final = self.run_one(steps, errors + "inputs: [{at: 1h, kind: retry, step: a, actor: operator, reason: mended}]\n")
        self.assertEqual((final["state"], final["outcome"]), ("closed", "granted"))

    def test_duplicate_answer_changes_nothing(self):
        once = "answers: {a: [[{after: 1s, id: one, data: {n: 1}}]], b: [{after: 1h}]}\n"
        twice = "answers: {a: [[{after: 1s, id: one, data: {n: 1}}, {after: 2s, id: one, data: {n: 1}}]], b: [{after: 1h}]}\n"
        steps = ["id: a, department: alpha", "id: b, department: beta"]
        _, first = self.run_one(steps, once)
        events, second = self.run_one(steps, twice)
        self.assertEqual(first["steps"], second["steps"])
        self.assertEqual(len([e for e in events if e["kind"] == "step_ended" and e["step"] == "a"]), 1)

    def test_contradictory_answer_opens_a_dispute_and_the_first_stands(self):
        _, final = self.run_one(
            ["id: a, department: alpha", "id: b, department: beta"],
            "answers: {a: [[{after: 1s, id: one, data: {n: 1}}, {after: 2s, id: two, data: {n: 2}}]], b: [{after: 1h}]}\n")
        self.assertEqual((final["steps"]["a"]["result"], final["steps"]["a"]["disputed"], final["disputes"]), ({"n": 1}, True, 1))

    def test_withdrawal_cancels_what_was_asked(self):
        _, final = self.run_one(
            ["id: a, department: alpha", "id: b, department: beta, needs: [a]"],
            "cancel_answers: {a: [{after: 1m, kind: cancelled}]}\n"
            "inputs: [{at: 3h, kind: withdrawn, actor: window, reason: changed}]\n")
        self.assertEqual((final["outcome"], self.states(final)), ("withdrawn", {"a": "cancelled", "b": "cancelled"}))

    def test_wait_for_a_signal_goes_on_with_its_data(self):
        _, final = self.run_one(
            ["id: paid, kind: wait, wait: {signal: paid}, result: schemas/any.json", "id: b, department: beta, needs: [paid]"],
            "answers: {b: [{after: 1s}]}\ninputs: [{at: 2d, kind: signal, id: paid, data: {ref: X}}]\n")
        self.assertEqual((final["steps"]["paid"]["result"], final["outcome"]), ({"ref": "X"}, "granted"))

    def test_wait_for_a_time_ends_by_the_virtual_clock(self):
        _, final = self.run_one(["id: a, kind: wait, wait: {for: 36h}"], "start: 2026-03-02T00:00:00Z\n")
        self.assertEqual((final["outcome"], final["closed_at"]), ("granted", "2026-03-03T12:00:00Z"))

    def test_timeout_expires_a_step_that_nobody_answers(self):
        _, final = self.run_one(
            ["id: a, department: alpha, timeout: {limit: 2h, then: expire}", "id: b, department: beta"],
            "answers: {b: [{after: 1s}]}\n")
        self.assertEqual(self.states(final), {"a": "expired", "b": "granted"})

    def test_join_any_goes_on_with_the_first(self):
        events, final = self.run_one(
            ["id: a, department: alpha", "id: b, department: beta", "id: c, department: gamma, needs: [a, b], join: any"],
            "answers: {a: [{after: 5h}], b: [{after: 1h}], c: [{after: 1h}]}\nstart: 2026-03-02T00:00:00Z\n")
        asked = {e["step"]: e["at"] for e in events if e["kind"] == "step_asked"}
        self.assertEqual((asked["c"], final["outcome"]), ("2026-03-02T09:00:00+08:00", "granted"))

    def test_granted_steps_are_undone_when_a_refusal_compensates(self):
        _, final = self.run_one(
            ["id: a, department: alpha, reversible: true, compensate: {department: alpha}",
             "id: b, department: beta, needs: [a], on_refused: compensate"],
            "answers: {a: [{after: 1s}], b: [{after: 1s, kind: rejected, reason: no}]}\nundo_answers: {a: [{after: 1m}]}\n")
        self.assertEqual((self.states(final), final["outcome"]), ({"a": "compensated", "b": "refused"}, "refused"))

    def test_elements_are_answered_one_by_one(self):
        definition = self.project.thing("trial", ["id: a, department: alpha, each: {in: \"${ .form.list }\", as: x}"])
        path = self.project.write("s.yaml", "form: {list: [p, q]}\nanswers: {a.0: [{after: 1s, data: {n: 0}}], a.1: [{after: 2s, data: {n: 1}}]}\n")
        told = self.ends(yjsctl("thing", "run", definition, path, "--quiet"), 0)
        step = json.loads(told.out)["steps"]["a"]
        self.assertEqual((step["state"], [e["state"] for e in step["elements"]]), ("granted", ["granted", "granted"]))

    def test_sub_case_runs_by_its_own_script(self):
        child = self.project.thing("child", ["id: inner, department: beta"])
        definition = self.project.thing("trial", ["id: sub, kind: thing, thing: {name: child, form: {}}"])
        path = self.project.write("s.yaml", "form: {}\nchildren: {sub: {answers: {inner: [{after: 1h}]}}}\n")
        told = self.ends(yjsctl("thing", "run", definition, path, "--things", child), 0)
        lines = [json.loads(line) for line in told.out.splitlines()]
        self.assertEqual(lines[-1]["outcome"], "granted")
        self.assertEqual(len({line["case"] for line in lines[:-1]}), 2)

    def test_impossible_input_is_a_line_and_ends_nothing(self):
        events, final = self.run_one(["id: a, department: alpha"],
                                     "answers: {a: [{after: 1h}]}\ninputs: [{at: 1m, kind: retry, step: zz, actor: x, reason: y}]\n")
        self.assertEqual([(e["refused"], e["code"]) for e in events if "refused" in e], [("retry", "unknown_step")])
        self.assertEqual(final["outcome"], "granted")

    def test_expectation_that_does_not_hold_is_named_and_ends_with_one(self):
        self.run_one(["id: a, department: alpha"], "answers: {a: [{after: 1h}]}\nexpect: {outcome: refused, steps: {a: {state: granted, reason: null}}}\n", 1)
        self.ends(self.told, 1, "/outcome: is granted, not refused", "run_unexpected")
        self.run_one(["id: a, department: alpha"], "answers: {a: [{after: 1h}]}\nexpect: {outcome: granted, stop: null}\n", 0)

    def test_script_with_an_unknown_member_is_refused(self):
        definition = self.project.thing("trial", ["id: a, department: alpha"])
        for script, word in (("form: {}\nanswer: {}\n", "answer"), ("form: {}\nanswers: {a: [{afetr: 1h}]}\n", "afetr"),
                             ("form: {}\nanswers: {a: [{after: soon}]}\n", "duration"), ("form: {}\nanswers: {b: [{after: 1h}]}\n", "no step")):
            with self.subTest(script):
                self.ends(yjsctl("thing", "run", definition, self.project.write("s.yaml", script)), 1, word)

    def test_script_like_another_says_only_what_differs(self):
        definition = self.project.thing("trial", ["id: a, department: alpha", "id: b, department: beta"])
        self.project.write("base.yaml", "form: {list: [p]}\nanswers: {a: [{after: 1h, data: {n: 1}}], b: [{after: 1h}]}\n"
                           "inputs: [{at: 1m, kind: retry, step: zz, actor: x, reason: y}]\nexpect: {outcome: granted}\n")
        self.project.write("application.json", '{"thing": "trial", "form": {"plate": "B1", "list": ["q"]}}')
        patch = self.project.write("s.yaml", "like: base.yaml\nanswers: {a: [{after: 2h, kind: rejected, reason: no}], b: null}\n"
                                   "expect: {outcome: none, steps: {a: {state: refused, result: null}, b: {state: running}}}\n")
        told = self.ends(yjsctl("thing", "run", definition, patch), 0)
        self.assertIn('"refused":"retry"', told.out)
        other = self.project.write("t.yaml", "like: s.yaml\napplication: application.json\nform: {list: null}\ninputs: []\n"
                                   "answers: {b: [{after: 1m}]}\nexpect: {outcome: partial}\n")
        told = self.ends(yjsctl("thing", "run", definition, other), 0)
        self.assertNotIn('"refused":"retry"', told.out)
        self.assertIn('"data":{"plate":"B1"}', told.out)

    def test_scripts_like_themselves_are_refused(self):
        definition = self.project.thing("trial", ["id: a, department: alpha"])
        self.ends(yjsctl("thing", "run", definition, self.project.write("s.yaml", "like: s.yaml\n")), 1, "deep")
        self.ends(yjsctl("thing", "run", definition, self.project.write("t.yaml", "like: none.yaml\n")), 1, "none.yaml")

    def test_form_that_its_schema_refuses_names_every_fault(self):
        definition = self.project.thing("trial", ["id: a, department: alpha"])
        path = self.project.write("s.yaml", "form: {plate: 1, list: 2}\n")
        self.ends(yjsctl("thing", "run", definition, path), 1, "/plate", "/list", "form_invalid")

    def test_many_scripts_in_one_call_are_many_final_states(self):
        told = self.ends(yjsctl("thing", "run", THING, *SCRIPTS, "--quiet"), 0)
        outcomes = {json.loads(line)["outcome"] for line in told.out.splitlines()}
        self.assertEqual(outcomes, {"granted", "partial", "withdrawn", "terminated"})

    def test_two_runs_are_the_same_bytes(self):
        self.assertEqual(yjsctl("thing", "run", THING, *SCRIPTS).out, yjsctl("thing", "run", THING, *SCRIPTS).out)

    def test_sixty_steps_run(self):
        steps = [f"id: s{i}, department: alpha" + (f", needs: [s{i - 1}]" if i % 6 else "") for i in range(60)]
        answers = "".join(f"  s{i}: [{{after: 1m}}]\n" for i in range(60))
        _, final = self.run_one(steps, "answers:\n" + answers)
        self.assertEqual((final["outcome"], len(final["steps"])), ("granted", 60))

    def test_thousand_scripts_run_within_seconds(self):
        begin = time.monotonic()
        told = self.ends(yjsctl("thing", "run", THING, *(SCRIPTS * (1000 // len(SCRIPTS) + 1))[:1000], "--quiet"), 0)
        took = time.monotonic() - begin
        print(f"\n1000 scripts: {took:.2f} s")
        self.assertEqual(len(told.out.splitlines()), 1000)
        self.assertLess(took, 30)   # with sanitizers too; without, it is about one


if __name__ == "__main__":
    unittest.main()

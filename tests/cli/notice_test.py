"""yjsctl thing checklist, form and verify as a person and a shell see them."""
import glob
import json
import os

from kit import Case, Project, unittest, yjsctl

THING, SAMPLE = "config/things/retirement.yaml", "config/samples/retirement.json"


class Notice(Case):
    def test_the_notice_says_in_three_languages_what_to_bring(self):
        for language, bring, promise in (("en", "Bring", "Promised within: 15 workdays"), ("zh-Hans", "请提供的材料", "承诺时限: 15个工作日"),
                                         ("zh-Hant", "請提供的材料", "承諾時限: 15個工作日")):
            with self.subTest(language):
                self.ends(yjsctl("thing", "checklist", THING, "--form", SAMPLE, "--language", language), 0, bring, promise)

    def test_the_notice_is_one_for_people_and_programs(self):
        notice = json.loads(self.ends(yjsctl("thing", "checklist", THING, "--form", SAMPLE, "--json"), 0).out)
        needs = {m["id"]: m["need"] for m in notice["materials"]}
        self.assertEqual(len(needs), len(notice["materials"]))
        self.assertIn("fetched", needs.values())
        self.assertIn("bring", needs.values())
        self.assertEqual({i["applies"] for i in notice["items"]} - {"yes", "no", "depends"}, set())

    def test_the_notice_names_what_needs_a_separate_consent(self):
        thing, sample = "config/things/disability_services.yaml", "config/samples/disability_services.json"
        notice = json.loads(self.ends(yjsctl("thing", "checklist", thing, "--form", sample, "--json"), 0).out)
        self.assertEqual([(c["source"], c["title"]["en"], c["applies"]) for c in notice["consents"]],
                         [("data_sharing", "Look up the subsistence allowance", "yes")])
        self.ends(yjsctl("thing", "checklist", thing, "--form", sample, "--language", "zh-Hant"), 0, "需要單獨同意的查詢", "核查最低生活保障",
                  "consent: {data_sharing: true}")
        without = json.loads(self.ends(yjsctl("thing", "checklist", thing, "--form", sample.replace(".json", ".replace.json"), "--json"), 0).out)
        self.assertEqual(without["consents"], [])

    def test_a_form_that_is_not_sound_gets_its_faults_and_no_notice(self):
        told = self.ends(yjsctl("thing", "checklist", THING, "--form", "-", stdin=b'{"employee": 1}'), 1, "form_invalid", "/employee")
        self.assertEqual(told.out, "")

    def test_the_form_is_told_field_by_field_with_what_it_saves(self):
        form = json.loads(self.ends(yjsctl("thing", "form", THING, "--json"), 0).out)
        fields = [f["field"] for f in form["fields"]]
        self.assertEqual(len(fields), len(set(fields)), "a field is asked twice")
        saved = sum(max(len(f["departments"]) - 1, 0) for f in form["fields"])
        self.assertEqual(form["figures"]["keyings_saved"], saved)
        self.assertGreater(saved, 0)


class Verify(Case):
    def test_a_sound_definition_holds_and_shows_its_longest_way(self):
        self.ends(yjsctl("thing", "verify", THING), 0, "holds", "The longest promised way takes")

    def test_a_fault_ends_with_one_and_its_script_shows_it_again(self):
        project = Project()
        path = project.thing("stands", ["id: a, department: alpha", "id: pay, needs: [a], wait: {signal: paid}"])
        scripts = os.path.join(project.name, "scripts")
        os.mkdir(scripts)
        self.ends(yjsctl("thing", "verify", path, "--scripts", scripts), 1, "waits_for_ever", "pay")
        written = glob.glob(os.path.join(scripts, "*.yaml"))
        self.assertEqual(len(written), 1, written)
        self.ends(yjsctl("thing", "run", path, written[0], "--quiet"), 0, '"state":"running"')

    def test_of_several_definitions_a_faulty_one_hides_none_of_the_others(self):
        project = Project()
        faulty = project.write("config/things/faulty.yaml", "thing: faulty\nsteps: []\n")
        stuck = project.thing("stands", ["id: pay, wait: {signal: paid}"])
        sound = project.thing("goes", ["id: a, department: alpha"])
        missing = os.path.join(project.name, "none.yaml")
        self.ends(yjsctl("thing", "verify", faulty, missing, stuck, sound), 1, "faulty.yaml:1:1: error", "none.yaml: No such file",
                  "waits_for_ever", "goes holds")
        self.ends(yjsctl("thing", "verify", sound, THING, "--states", "500"), 5, "goes holds", "not exhausted")
        self.ends(yjsctl("thing", "verify", sound, sound, "--application", SAMPLE), 2, "of one definition")

    def test_a_faulty_directory_hides_no_fault_of_a_definition(self):
        project = Project()
        project.write("config/departments.yaml", "departments: [{id: alpha}, {id: Beta}]\n")
        faulty = project.thing("faulty", ["id: a, department: alpha, needs: [nobody]"])
        script = project.write("script.yaml", "form: {}\nanswers: [\n")
        for verb, more in (("verify", []), ("run", [script])):
            told = self.ends(yjsctl("thing", verb, faulty, *more), 1, "departments.yaml:1:15", "departments.yaml:1:28", "nobody")
            self.assertEqual(told.err.count("departments.yaml:1:15"), told.err.count("departments.yaml:1:15: error"), told)
        self.assertIn("script.yaml:3", told.err)

    def test_a_budget_that_ends_ends_with_five(self):
        self.ends(yjsctl("thing", "verify", THING, "--states", "10"), 5, "not exhausted")
        report = json.loads(self.ends(yjsctl("thing", "verify", THING, "--states", "10", "--json"), 5).out)
        self.assertEqual((report["verdict"], report["not_exhausted"]), ("not_exhausted", "states"))


if __name__ == "__main__":
    unittest.main()

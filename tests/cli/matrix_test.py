"""yjsctl thing matrix: who receives which field and which material, and on which basis."""
import csv
import io
import json

from kit import Case, Project, unittest, yjsctl

FORM = """{"type": "object", "required": ["child", "people"],
 "definitions": {"person": {"type": "object", "properties": {
   "name": {"type": "string", "x-title": {"zh-Hant": "姓名", "zh-Hans": "姓名", "en": "Name"}, "x-personal": true},
   "phone": {"type": "string", "x-title": {"zh-Hant": "手機", "zh-Hans": "手机", "en": "Mobile, \\"own\\""}}}}},
 "properties": {
   "child": {"$ref": "#/definitions/person", "x-title": {"zh-Hant": "兒童", "zh-Hans": "儿童", "en": "The child"}},
   "people": {"type": "array", "items": {"$ref": "#/definitions/person"}, "x-title": {"zh-Hant": "家長", "zh-Hans": "家长", "en": "Parents"}},
   "wishes": {"type": "array", "items": {"enum": ["a", "b"]}, "x-title": {"zh-Hant": "志願", "zh-Hans": "志愿", "en": "Wishes"}}}}"""
THING = """thing: trial
title: {zh-Hant: 試, zh-Hans: 试, en: Trial}
regions: ["441300"]
form: schemas/form.json
items:
  - {id: school, code: "1", title: {zh-Hant: 入學, zh-Hans: 入学, en: School}, department: alpha, basis: the law on schools}
  - {id: card, code: "2", title: {zh-Hant: 卡, zh-Hans: 卡, en: Card}, department: beta, basis: the law on cards}
materials:
  - {id: paper, title: {zh-Hant: 紙, zh-Hans: 纸, en: Paper}, from: applicant}
  - {id: deed, title: {zh-Hant: 證, zh-Hans: 证, en: Deed}, from: {lookup: gamma, input: {of: "${ .form.child.name }"}, basis: guardian}}
steps:
  - {id: look, kind: lookup, title: {zh-Hant: 查, zh-Hans: 查, en: Look}, lookup: {source: gamma, basis: consent}, input: {who: "${ .form.child.name }"}}
  - {id: admit, department: alpha, item: school, needs: [look], input: {child: "${ .form.child }", first: "${ .form.wishes[0] }"}, materials: [paper, deed]}
  - {id: again, department: alpha, item: school, needs: [admit], when: "${ .form.people | length > 1 }", input: {who: "${ .form.child.name }"}}
  - id: cards
    department: beta
    item: card
    each: {in: "${ .form.people }", as: person, gather: {all: true, deadline: 1 workday, then: partial}}
    input: {name: "${ .person.name }"}
  - {id: note, department: beta, title: {zh-Hant: 記, zh-Hans: 记, en: Note}, input: {names: "${ [ .form.people[].name ] }"}}
"""


class Matrix(Case):
    def setUp(self):
        self.project = Project()
        self.addCleanup(self.project.cleanup)
        self.project.write("schemas/form.json", FORM)
        self.project.write("config/departments.yaml", Project.DEPARTMENTS.replace("{id: gamma,", "{id: gamma, source: true,"))
        self.definition = self.project.write("config/trial.yaml", THING)

    def matrix(self):
        return json.loads(self.ends(yjsctl("thing", "matrix", self.definition, "--json"), 0).out)

    def test_each_step_has_a_row_for_each_field_and_material_it_gives_away(self):
        rows = [(r["step"], r["department"], r["name"], r["basis"]) for r in self.matrix()["rows"]]
        self.assertEqual(rows, [
            ("look", "gamma", "child.name", "consent"),
            ("admit", "alpha", "child.name", "the law on schools"), ("admit", "alpha", "child.phone", "the law on schools"),
            ("admit", "alpha", "wishes[]", "the law on schools"),
            ("admit", "alpha", "paper", "the law on schools"), ("admit", "alpha", "deed", "the law on schools"),
            ("again", "alpha", "child.name", "the law on schools"),
            ("cards", "beta", "people[].name", "the law on cards"),
            ("note", "beta", "people[].name", None),
            ("fetch_deed", "gamma", "child.name", "guardian")])

    def test_personal_data_that_leave_without_a_basis_are_counted(self):
        self.assertEqual(self.matrix()["personal_without_basis"], 1)   # the note's names
        self.assertIn("1 row of personal data names no basis", self.ends(yjsctl("thing", "matrix", self.definition), 0).out)

    def test_csv_is_what_a_spreadsheet_reads_in_the_language_asked_for(self):
        text = yjsctl("thing", "matrix", self.definition, "--csv", "--language", "zh-Hans").out
        self.assertTrue(text.startswith("\ufeff"))
        rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
        self.assertEqual(rows[0][0], "事项编码")
        self.assertEqual({len(row) for row in rows}, {11})
        self.assertIn(["1", "入学", "alpha", "alpha", "admit", "入学", "field", "child.name", "儿童 / 姓名", "yes", "the law on schools"], rows)

    def test_cells_with_commas_and_quotes_are_quoted(self):
        told = yjsctl("thing", "matrix", self.definition, "--csv", "--language", "en")
        self.assertIn('"The child / Mobile, ""own"""', told.out)


if __name__ == "__main__":
    unittest.main()

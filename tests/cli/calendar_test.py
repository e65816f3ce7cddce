"""Working days, due dates and identifiers as a shell sees them: no server, and one answer a line."""
import json
import time

from kit import Case, Project, unittest, yjsctl


class Calendar(Case):
    def test_due_prints_the_date_alone(self):
        told = self.ends(yjsctl("calendar", "due", "--from", "2026-02-13", "--limit", "7 workdays"), 0)
        self.assertEqual((told.out, told.err), ("2026-03-02\n", ""))

    def test_limits_shorter_than_a_day_have_a_time(self):
        told = self.ends(yjsctl("calendar", "due", "--from", "2026-02-13T10:20", "--limit", "3 hours"), 0)
        self.assertEqual(told.out, "2026-02-13 15:20\n")

    def test_due_as_json_names_the_version(self):
        told = self.ends(yjsctl("calendar", "due", "--from", "2026-02-13", "--limit", "7 workdays", "--json"), 0)
        answer = json.loads(told.out)
        self.assertEqual((answer["due"], answer["due_at"], answer["provisional"]),
                         ("2026-03-02", "2026-03-02T18:00:00+08:00", False))
        self.assertEqual(len(answer["version"]), 64)

    def test_year_that_is_not_published_is_said_to_be_provisional(self):
        self.ends(yjsctl("calendar", "due", "--from", "2026-12-25", "--limit", "7 workdays"), 0, "2027-01-05\n", "provisional")
        self.ends(yjsctl("calendar", "show", "2027"), 0, "2027 is provisional", "261 working days")
        self.assertTrue(json.loads(self.ends(yjsctl("calendar", "show", "2027", "--json"), 0).out)["provisional"])

    def test_published_year_is_shown_with_its_notice(self):
        self.ends(yjsctl("calendar", "show", "2026"), 0, "2026: 248 working days", "國辦發明電〔2025〕7號",
                  "2026-02-15..2026-02-23", "春節", "2026-02-14")
        shown = json.loads(yjsctl("calendar", "show", "2025", "--json").out)
        self.assertEqual(shown["working_days"], {"promise": 248, "statute": 248})
        self.assertIn({"date": "2025-01-26", "kind": "worked_weekend", "name": None, "basis": "國辦發明電〔2024〕12號",
                       "working": {"promise": True, "statute": True}}, shown["days"])

    def test_bad_questions_end_with_one_and_say_why(self):
        for start, limit, why in (("2026-02-30", "1 workday", "there is no day 2026-02-30 [bad_date]"),
                                  ("soon", "1 workday", "[bad_date]"), ("2026-02-13", "1 week", "[bad_limit]"),
                                  ("2026-02-13", "until 2026-01-01", "[window_over]")):
            told = self.ends(yjsctl("calendar", "due", "--from", start, "--limit", limit), 1, why)
            self.assertEqual(told.out, "")
        self.ends(yjsctl("calendar", "due", "--from", "2026-02-13"), 2, "--limit")
        self.ends(yjsctl("calendar", "show", "next"), 2, "no year")
        self.ends(yjsctl("calendar", "show", "2026", "--calendar", "/nowhere"), 1, "file_unreadable")

    def test_each_line_is_answered_by_a_line(self):
        lines = "2026-02-13 7 workdays\n2026-02-30 1 workday\nnonsense\n\n2026-03-02 on the spot\r\n 2026-03-02  20 days "
        told = self.ends(yjsctl("calendar", "due", "--stdin", stdin=lines.encode()), 0)
        answers = told.out.splitlines()
        self.assertEqual(len(answers), 6)
        self.assertEqual([answers[0], answers[4], answers[5]], ["2026-03-02", "2026-03-02", "2026-03-23"])
        for answer in answers[1:4]:
            self.assertTrue(answer.startswith("error: "), answer)
        told = self.ends(yjsctl("calendar", "due", "--stdin", stdin=b"2026-02-13\n2026-02-13 99999999 workdays\n"), 0)
        self.assertEqual(told.out, "error: a line is a date and a limit, as 2026-02-13 7 workdays [bad_line]\n"
                         "error: \"99999999 workdays\" is too much: a limit is 1 at least and 36500 at most [bad_limit]\n")

    def test_lines_are_answered_by_the_hundred_thousand(self):
        lines = "".join(f"2026-{m:02}-{d:02} {n} workdays\n" for n in range(1, 151) for m in range(1, 13) for d in range(1, 29))
        began = time.monotonic()
        told = yjsctl("calendar", "due", "--stdin", stdin=lines.encode())
        took = time.monotonic() - began
        self.assertEqual(told.out.count("\n"), lines.count("\n"))
        print(f"{lines.count(chr(10)) / took:,.0f} due dates a second")
        self.assertLess(took, 10)

    def test_closures_of_a_region_and_faults_of_a_file(self):
        with Project() as root:
            import os
            where = os.path.join(root, "config/calendar")
            os.makedirs(where)
            year = "year: 2026\nbasis: notice\nholidays: []\nclosures:\n" \
                   "  - {days: 2026-09-08, regions: [\"441300\"], reason: typhoon, basis: order}\n"
            with open(os.path.join(where, "2026.yaml"), "w", encoding="utf-8") as file:
                file.write(year)
            ask = ("calendar", "due", "--from", "2026-09-07", "--limit", "1 workday")
            self.assertEqual(yjsctl(*ask, cwd=root).out, "2026-09-08\n")
            self.assertEqual(yjsctl(*ask, "--region", "441302", cwd=root).out, "2026-09-09\n")
            self.assertEqual(yjsctl(*ask, "--region", "441302", "--clock", "statute", cwd=root).out, "2026-09-08\n")
            self.ends(yjsctl("calendar", "show", "2026", cwd=root), 0, "typhoon", "order", "run on", "441300")
            with open(os.path.join(where, "2026.yaml"), "a", encoding="utf-8") as file:
                file.write("worked_weekends: [2026-01-05]\n")
            told = self.ends(yjsctl(*ask, cwd=root), 1, "2026.yaml:6:19: error: 2026-01-05 is no Saturday and no Sunday "
                             "[worked_weekend_is_none]")
            self.assertEqual(told.out, "")


class Identifiers(Case):
    def test_one_value_is_answered_by_word_and_status(self):
        self.assertEqual(self.ends(yjsctl("id", "check", "citizen", "11010519491231002X"), 0).out, "valid\n")
        self.assertEqual(self.ends(yjsctl("id", "check", "citizen", "110105194912310021"), 1).out,
                         "invalid: check character: 1, expected X\n")
        self.ends(yjsctl("id", "check", "passport", "1"), 2, "no kind of identifier")
        self.ends(yjsctl("id", "check", "citizen"), 2, "--stdin")

    def test_each_line_is_answered_by_a_line(self):
        told = self.ends(yjsctl("id", "check", "region", "--stdin", stdin="441300\n\n999999\n4413\n".encode()), 0)
        self.assertEqual(told.out, "valid\ninvalid: length: 0 characters, a region code has 6\n"
                         "invalid: region: 99 names no province\ninvalid: length: 4 characters, a region code has 6\n")

    def test_json_lines(self):
        told = yjsctl("id", "check", "company", "--stdin", "--json", stdin=b"91350100M000100Y43\n91350100M000100Y44\n")
        self.assertEqual([json.loads(line)["valid"] for line in told.out.splitlines()], [True, False])


if __name__ == "__main__":
    unittest.main()

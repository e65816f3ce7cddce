"""yjsctl without a server: help, completion, manual, checking, drawing, comparing, schemas, and how it ends."""
import json
import os
import re
import shutil
import subprocess

from kit import PROGRAM, ROOT, Case, Project, unittest, yjsctl

THING = "config/things/secondhand_home_transfer.yaml"


def verbs():
    """Every verb with its options, as the Markdown reference names them."""
    found, now = {}, None
    for line in yjsctl("reference").out.split("## Options of all verbs")[0].splitlines():
        if line.startswith("### `yjsctl "):
            words = line[len("### `yjsctl "):].rstrip("`").split()
            now = " ".join(words[:2] if len(words) > 1 and re.fullmatch("[a-z]+", words[1]) else words[:1])
            found[now] = []
        elif line.startswith("| `--"):
            found[now].append(re.match(r"\| `--([a-z-]+)", line).group(1))
    return found


class Words(Case):
    def test_without_a_verb_the_overview_is_a_usage_fault(self):
        self.ends(yjsctl(), 2, "usage: yjsctl NOUN VERB")
        self.ends(yjsctl("thing"), 2, "thing publish")
        self.ends(yjsctl("--help"), 0, "usage: yjsctl NOUN VERB")
        self.ends(yjsctl("thing", "--help"), 0, "thing publish")
        self.ends(yjsctl("thing", "check", "--help"), 0, "--departments FILE", "--json")

    def test_nearest_known_word_is_named(self):
        self.ends(yjsctl("thign"), 2, 'did you mean "thing"?')
        self.ends(yjsctl("thing", "pubish"), 2, 'did you mean "thing publish"?')
        self.ends(yjsctl("help", "case", "wacth"), 2, 'did you mean "watch"?')
        self.ends(yjsctl("case", "list", "--thng", "x"), 2, "did you mean --thing?")
        self.ends(yjsctl("db", "status", "--confg", "x"), 2, "did you mean --config?")

    def test_wrong_command_lines_end_with_two(self):
        for words, part in ((("case", "show"), "something is missing: yjsctl case show ID"), (("case", "show", "a", "b"), "too much"),
                            (("case", "list", "--phase", "open?"), "takes one of: running stopping closed open"),
                            (("case", "list", "--thing"), "--thing needs a value"), (("case", "list", "--json=1"), "takes no value"),
                            (("case", "list", "--thing", "a", "--thing", "b"), "stands twice"), (("case", "list", "-x"), "options are long"),
                            (("stats", "--config", "x"), "--config"), (("--config", "x", "stats"), "is no option of this verb"),
                            (("thing", "check"), "name a definition's file"), (("thing", "run", THING), "name a script"),
                            (("token", "create"), "--role is needed"), (("token", "create", "--role", "department"), "--department is needed"),
                            (("incident", "retry", "--reason", "x"), "one of both"), (("incident", "retry", "a"), "--reason is needed"),
                            (("incident", "retry", "--all-of", "--reason", "x"), "at least one of"),
                            (("incident", "reassign", "a", "--reason", "x"), "--to-department"),
                            (("db", "migrate", "--partitions", "0"), "from 1 to 4096"), (("task", "answer", "a:b:1", "--data", "{"), "--data"),
                            (("completion", "tcsh"), "bash, zsh and fish")):
            with self.subTest(words):
                self.ends(yjsctl(*words), 2, part)

    def test_options_may_stand_anywhere_and_end_at_two_dashes(self):
        self.ends(yjsctl("--json", "version"), 0, '"version":')
        self.ends(yjsctl("version", "--json"), 0, '"version":')
        self.ends(yjsctl("thing", "check", "--", "--no-such-file"), 1, "--no-such-file: No such file")

    def test_every_verb_is_explained_everywhere(self):
        man, bash, zsh, fish = (yjsctl(*w.split()).out for w in ("man", "completion bash", "completion zsh", "completion fish"))
        known = verbs()
        self.assertGreater(len(known), 45)
        for verb, options in known.items():
            with self.subTest(verb):
                told = self.ends(yjsctl("help", *verb.split()), 0, f"yjsctl {verb}")
                self.assertIn(f".SS yjsctl {verb}", man)
                self.assertIn(verb.split()[-1], bash)
                self.assertIn(verb.split()[-1], zsh)
                for option in options:
                    self.assertIn(f"--{option}", told.out)
                    self.assertIn("\\-\\-" + option.replace("-", "\\-"), man)
                    self.assertIn(f"--{option}", bash)
                    self.assertIn(f"--{option}", zsh)
                    self.assertIn(f"-l {option} ", fish)

    def test_lines_of_help_fit_a_terminal(self):
        for verb in verbs():
            for line in yjsctl("help", *verb.split()).out.splitlines():
                self.assertLessEqual(len(line), 90, verb)

    def test_output_that_cannot_be_written_is_no_success(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([PROGRAM, "man"], stdout=full, stderr=subprocess.PIPE)
        self.assertEqual((done.returncode, b"can't be written" in done.stderr), (1, True))

    def test_reader_that_goes_away_is_no_failure(self):
        done = subprocess.run(["bash", "-c", f"set -o pipefail; '{PROGRAM}' man | head -1"], capture_output=True)
        self.assertEqual((done.returncode, done.stderr), (0, b""))


class Documents(Case):
    @unittest.skipUnless(shutil.which("groff"), "groff is not installed")
    def test_manual_page_is_rendered_without_a_warning(self):
        done = subprocess.run(["groff", "-man", "-ww", "-Tutf8", "-k"], input=yjsctl("man").out.encode(), capture_output=True)
        text = re.sub(r"\x1b\[[0-9;]*m|.\x08", "", done.stdout.decode())
        self.assertEqual(done.stderr.decode(), "")
        for part in ("NAME", "EXIT STATUS", "ENVIRONMENT", "yjsctl case watch", "not allowed: the token is missing"):
            self.assertIn(part, text)

    def test_with_json_every_refusal_is_json_too(self):
        for words in (("thign",), ("thing", "pubish"), ("thing",), ("case", "list", "--phase", "asleep"), ("case", "list", "--nothing"), ("case", "show"),
                      ("case", "show", "a", "b"), ("task", "list", "--limit", "0"), ("token", "create"), ("incident", "retry", "x"),
                      ("dead", "discard", "1"), ("thing", "diff", "nowhere"), ("case", "submit", "nowhere.json"), ("db", "status", "--config", "/nowhere"),
                      ("schema", "check", "/nowhere"), ("incident", "list", "--url", "http://127.0.0.1:1")):
            told = yjsctl(*words, "--json")
            if words == ("thing",):
                self.assertEqual(told.status, 2)
                continue
            self.assertIn(told.status, (1, 2, 3), told)
            json.loads(told.err or told.out)
            self.assertTrue(not told.out or json.loads(told.out), told)

    def complete(self, *words):
        """What bash would offer for the last word."""
        script = ('source "$1"; shift; COMP_WORDS=(yjsctl "$@"); COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 )); COMPREPLY=(); '
                  '_yjsctl; printf "%s\\n" "${COMPREPLY[@]}"')
        with Project() as project:
            path = os.path.join(project, "completion")
            with open(path, "w", encoding="utf-8") as file:
                file.write(yjsctl("completion", "bash").out)
            done = subprocess.run(["bash", "-c", script, "bash", path, *words], capture_output=True, text=True, cwd=ROOT)
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def test_bash_completes_nouns_verbs_options_choices_and_files(self):
        self.assertEqual(self.complete("inc"), ["incident"])
        self.assertEqual(self.complete("thing", "pub"), ["publish"])
        self.assertEqual(self.complete("help", "topic", "a"), ["apply"])
        self.assertEqual(self.complete("case", "submit", "--num"), ["--number"])
        self.assertEqual(self.complete("case", "list", "--phase", "s"), ["stopping"])
        self.assertEqual(self.complete("thing", "check", "config/departments.y"), ["config/departments.yaml"])
        self.assertEqual(self.complete("stats", "--ur"), ["--url"])
        self.assertEqual(self.complete("completion", "z"), ["zsh"])

    def test_words_of_an_option_are_the_verbs_own_and_come_behind_an_equals_sign_too(self):
        self.assertEqual(self.complete("thing", "graph", "--format", "=", "s"), ["svg"])
        self.assertEqual(self.complete("thing", "graph", "--format", "="), ["mermaid", "dot", "svg"])
        self.assertIn("undoing", self.complete("task", "list", "--state", ""))
        self.assertEqual(self.complete("notice", "list", "--state", "g"), ["given_up"])

    def test_settings_are_options_and_their_values_are_no_verbs(self):
        self.assertIn("--kafka-bootstrap", self.complete("topic", "apply", "--kafka-"))
        self.assertEqual(self.complete("--config", "x", "db", "st"), ["status"])
        self.assertEqual(self.complete("db", "--database-url", "x", "mi"), ["migrate"])
        self.assertEqual(self.complete("case", "list", "--kafka-"), [])

    @unittest.skipUnless(shutil.which("zsh"), "zsh is not installed")
    def test_zsh_reads_its_completion(self):
        done = subprocess.run(["zsh", "-n"], input=yjsctl("completion", "zsh").out.encode(), capture_output=True)
        self.assertEqual(done.stderr, b"")

    @unittest.skipUnless(shutil.which("fish"), "fish is not installed")
    def test_fish_reads_its_completion(self):
        done = subprocess.run(["fish", "-n"], input=yjsctl("completion", "fish").out.encode(), capture_output=True)
        self.assertEqual(done.stderr, b"")


class Things(Case):
    def setUp(self):
        self.project = Project()
        self.addCleanup(self.project.cleanup)

    def test_directory_with_faults_hides_none_of_the_definitions(self):
        with Project() as project:
            path = os.path.join(project, "t.yaml")
            with open(os.path.join(project, "config", "departments.yaml"), "w", encoding="utf-8") as file:
                file.write("departments:\n  - {id: A, offices: []}\n")
            with open(path, "w", encoding="utf-8") as file:
                file.write("thing: t\n" + Project.HEAD + "steps:\n  - {id: a, department: nobody, needs: [gone]}\n")
            told = self.ends(yjsctl("thing", "check", path, path), 1, "departments.yaml:2:10", "[bad_id]", "t.yaml:6:", "[unknown_step]")
            self.assertEqual(told.out.count("[bad_id]"), 1, told)
            self.assertNotIn("unknown_department", told.out)
            items = json.loads(yjsctl("thing", "check", path, "--json").out)["items"]
            self.assertEqual([item["sound"] for item in items], [False, False])

    def test_sound_definitions_end_with_zero(self):
        self.ends(yjsctl("thing", "check", THING), 0, "sound: secondhand_home_transfer")
        path = self.project.thing("t", ["id: a, department: alpha"])
        self.ends(yjsctl("thing", "check", path, THING), 0, "sound: t,", "sound: secondhand_home_transfer,")

    def test_all_faults_of_a_definition_are_named_with_their_places(self):
        path = self.project.thing("bad", ["id: a, department: alhpa", "id: b, department: beta, needs: [c]", "id: d, departmnt: gamma"])
        told = self.ends(yjsctl("thing", "check", path), 1, 'bad.yaml:6:', 'bad.yaml:7:', 'bad.yaml:8:', "alpha", "department")
        self.assertGreaterEqual(told.out.count(": error: "), 3)

    def test_faults_as_json_are_for_programs(self):
        path = self.project.thing("bad", ["id: a, department: alhpa"])
        report = json.loads(self.ends(yjsctl("thing", "check", "no.yaml", path, THING, "--json"), 1).out)["items"]
        self.assertEqual([item["sound"] for item in report], [False, True])
        self.assertEqual({"severity", "code", "file", "line", "column", "message", "remedy"}, set(report[0]["faults"][0]))

    def test_definition_is_read_from_standard_input(self):
        with open(os.path.join(ROOT, THING), "rb") as file:
            self.ends(yjsctl("thing", "check", "-", stdin=file.read()), 0, "(standard input): sound")

    def test_codes_are_explained(self):
        self.ends(yjsctl("thing", "check", "--explain", "cycle"), 0, "What to do:")
        self.ends(yjsctl("thing", "check", "--explain", "cyle"), 2, 'did you mean "cycle"?')
        self.assertGreater(len(yjsctl("thing", "check", "--explain", "all").out.splitlines()), 40)

    def test_graph_comes_in_three_formats_and_three_languages(self):
        self.ends(yjsctl("thing", "graph", THING), 0, "flowchart", "Tax Bureau")
        self.ends(yjsctl("thing", "graph", THING, "--language", "zh-Hant"), 0, "稅務局")
        self.ends(yjsctl("thing", "graph", THING, env={"LANG": "zh_CN.UTF-8"}), 0, "税务局")
        self.ends(yjsctl("thing", "graph", THING, "--format", "dot"), 0, "digraph")
        self.ends(yjsctl("thing", "graph", THING, "--format", "svg"), 0, "<svg", "</svg>")

    def test_difference_is_said_in_words(self):
        old = self.project.thing("t", ["id: a, department: alpha", "id: b, department: beta, needs: [a]"])
        with open(old, encoding="utf-8") as file:
            text = file.read()
        new = self.project.write("config/new.yaml", text.replace("department: beta", "department: gamma"))
        self.ends(yjsctl("thing", "diff", old, new), 0, "gamma instead of beta")
        told = json.loads(yjsctl("thing", "diff", old, new, "--json").out)
        self.assertEqual([d["subject"] for d in told["differences"]], ["b"])
        self.assertEqual(json.loads(yjsctl("thing", "diff", old, old, "--json").out)["differences"], [])

    def test_files_that_are_not_there_are_named(self):
        for verb in ("check", "graph", "diff"):
            self.ends(yjsctl("thing", verb, "no/such.yaml"), 1, "no/such.yaml", "No such file")


class Schemas(Case):
    def setUp(self):
        self.project = Project()
        self.addCleanup(self.project.cleanup)

    def test_sound_schemas_end_with_zero(self):
        self.ends(yjsctl("schema", "check", "schemas/things/secondhand_home_transfer/form.json"), 0, "1 schema is sound")

    def test_faults_are_named_with_their_pointers(self):
        path = self.project.write("s.json", '{"type": "objekt", "properties": {"a": {"minLenght": 1}}}')
        self.ends(yjsctl("schema", "check", path), 1, "s.json:/type", "/properties/a", "schema_keyword_unknown", "schema_keyword_value")
        items = json.loads(yjsctl("schema", "check", path, "--json").out)["items"]
        self.assertEqual({f["code"] for f in items[0]["faults"]}, {"schema_keyword_unknown", "schema_keyword_value"})

    def test_what_is_no_json_is_named(self):
        self.ends(yjsctl("schema", "check", self.project.write("s.json", '{"type": ')), 1, "s.json", "json_syntax")

    def test_narrower_schema_is_refused_and_wider_one_taken(self):
        old = self.project.write("old.json", '{"type": "object", "properties": {"a": {"type": "string", "maxLength": 10}}}')
        wide = self.project.write("wide.json", '{"type": "object", "properties": {"a": {"type": "string", "maxLength": 20}}}')
        self.ends(yjsctl("schema", "check", "--compatible", old, wide), 0, "may go on")
        self.ends(yjsctl("schema", "check", "--compatible", wide, old), 1, "schema_narrowed", "narrower")
        self.ends(yjsctl("schema", "check", "--compatible", old), 2, "OLD NEW")


class Settings(Case):
    def test_unknown_setting_names_the_file_and_the_nearest(self):
        with Project() as project:
            path = os.path.join(project, "o.yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write("database:\n  ulr: x\n")
            self.ends(yjsctl("db", "status", "--config", path), 1, "o.yaml:2:", "Did you mean database.url?")

    def test_topics_of_the_directory_are_named_without_a_broker(self):
        told = self.ends(yjsctl("topic", "apply", "--dry-run"), 0, "441300.intake.v1", "441300.maintenance-fund.task.v1")
        self.assertEqual(len(told.out.split()), len(set(told.out.split())))

    def test_database_that_is_away_ends_with_three(self):
        away = "--database-url=host=127.0.0.1 port=1 dbname=x user=x connect_timeout=2"
        for words in (("db", "migrate"), ("db", "status"), ("token", "list"), ("thing", "publish", THING), ("thing", "diff", THING)):
            with self.subTest(words):
                self.ends(yjsctl(*words, away), 3, "store_away")


if __name__ == "__main__":
    unittest.main()

"""The definitions that are shipped: each is without a fault, and each of its scripts ends as it expects."""
import glob
import json
import os
import re
import sys

from kit import ROOT, Case, unittest, yjsctl

sys.path.insert(0, os.path.join(ROOT, "tests/lib"))
import sample_materials  # noqa: E402

THINGS = sorted(os.path.splitext(os.path.basename(path))[0] for path in glob.glob(os.path.join(ROOT, "config/things/*.yaml")))
SCRIPTS = os.path.join(ROOT, "config/samples/scripts")


def path(thing):
    return f"config/things/{thing}.yaml"


def scripts(thing):
    return sorted(glob.glob(os.path.join(SCRIPTS, thing, "*.yaml")))


def below(thing, seen=()):
    """The things that run as its sub-cases, the deepest first."""
    with open(os.path.join(ROOT, path(thing)), encoding="utf-8") as file:
        names = re.findall(r"^ +thing: \{name: ([a-z0-9_]+)", file.read(), re.M)
    found = []
    for name in names:
        if name not in seen:
            found += [n for n in below(name, (*seen, thing)) + [name] if n not in found]
    return found


class Things(Case):
    def each(self):
        for thing in THINGS:
            with self.subTest(thing):
                yield thing

    def test_each_definition_is_without_fault_and_warning(self):
        for thing in self.each():
            told = self.ends(yjsctl("thing", "check", path(thing)), 0)
            faults = [line for line in told.out.splitlines() if re.search(r" (warning|error): ", line)]
            self.assertEqual(faults, [])

    def test_each_script_ends_as_it_expects(self):
        for thing in self.each():
            subs = [f"--things={path(n)}" for n in below(thing)]
            for script in scripts(thing):
                with self.subTest(os.path.basename(script)):
                    self.ends(yjsctl("thing", "run", path(thing), script, "--quiet", *subs), 0)

    def test_each_script_says_what_happens_and_what_it_expects(self):
        for thing in self.each():
            for script in scripts(thing):
                with open(script, encoding="utf-8") as file:
                    text = file.read()
                self.assertRegex(text, r"^# ", script)
                self.assertRegex(text, r"(?m)^expect:", script)

    def test_each_thing_has_a_straight_script_and_others(self):
        for thing in self.each():
            names = [os.path.basename(s) for s in scripts(thing)]
            self.assertIn("straight.yaml", names)
            self.assertGreaterEqual(len(names), 5, names)

    def test_scripts_belong_to_a_thing(self):
        self.assertLessEqual(set(os.listdir(SCRIPTS)), set(THINGS))

    def test_each_thing_stands_in_the_table_of_the_readme(self):
        with open(os.path.join(ROOT, "config/README.md"), encoding="utf-8") as file:
            listed = re.findall(r"^\| \[(\w+)\]\(things/\1\.yaml\)", file.read(), re.M)
        self.assertEqual(sorted(listed), THINGS)

    def test_each_thing_has_a_sample(self):
        for thing in self.each():
            with open(os.path.join(ROOT, f"config/samples/{thing}.json"), encoding="utf-8") as file:
                self.assertEqual(json.load(file)["thing"], thing)

    def test_what_a_sample_names_as_material_is_a_file_beside_it(self):
        self.assertEqual(list(sample_materials.faults()), [])


if __name__ == "__main__":
    unittest.main()

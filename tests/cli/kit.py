"""Runs yjsctl and looks at what it said; for the tests beside it. Standard library alone."""
import os
import subprocess
import sys
import tempfile
import unittest

PROGRAM = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else "yjsctl"
ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
HOME = tempfile.TemporaryDirectory(prefix="yjsctl-home-")


class Told:
    """What came of one call."""

    def __init__(self, done):
        self.status = done.returncode
        self.out = done.stdout.decode("utf-8", "strict")
        self.err = done.stderr.decode("utf-8", "strict")

    def __repr__(self):
        return f"status {self.status}\n--- out\n{self.out}\n--- err\n{self.err}"


def yjsctl(*words, stdin=b"", env=None, cwd=ROOT, timeout=60):
    """Nothing of the caller's environment that yjsctl reads comes in."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("YJS_", "LC_", "LANG", "XDG_", "NO_COLOR", "COLUMNS"))}
    clean.update({"HOME": HOME.name, "LANG": "C.UTF-8"}, **(env or {}))
    return Told(subprocess.run([PROGRAM, *words], input=stdin, capture_output=True, env=clean, cwd=cwd, timeout=timeout))


class Case(unittest.TestCase):
    def ends(self, told, status, *parts):
        """Ended with this status, and every part stands in what was said."""
        self.assertEqual(told.status, status, told)
        for part in parts:
            self.assertIn(part, told.out + told.err, told)
        return told


class Project(tempfile.TemporaryDirectory):
    """A project's folder: schemas/, config/departments.yaml, and definitions as they are written into it."""

    DEPARTMENTS = "departments:\n" + "".join(
        f"  - {{id: {d}, title: {{zh-Hant: {d}, zh-Hans: {d}, en: {d}}}, offices: [{{region: \"441300\"}}]}}\n"
        for d in ("alpha", "beta", "gamma", "delta"))
    FORM = '{"type": "object", "properties": {"plate": {"type": "string"}, "list": {"type": "array", "items": {"type": "string"}}}}'
    HEAD = "title: {zh-Hant: 試, zh-Hans: 试, en: Trial}\nregions: [\"441300\"]\nform: schemas/form.json\n"

    def __init__(self):
        super().__init__(prefix="yjsctl-project-")
        self.write("schemas/form.json", self.FORM)
        self.write("schemas/any.json", '{"type": "object"}')
        self.write("config/departments.yaml", self.DEPARTMENTS)

    def write(self, path, content):
        whole = os.path.join(self.name, path)
        os.makedirs(os.path.dirname(whole), exist_ok=True)
        with open(whole, "w", encoding="utf-8") as file:
            file.write(content)
        return whole

    def thing(self, name, steps):
        """A definition: each step is a line of YAML behind its '-'."""
        lines = "".join(f"  - {{title: {{zh-Hant: 步, zh-Hans: 步, en: Step}}, {step}}}\n" for step in steps)
        return self.write(f"config/{name}.yaml", f"thing: {name}\n{self.HEAD}steps:\n{lines}")

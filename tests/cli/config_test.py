"""What yjsd and yjs-adapter say of a configuration before they start: all of it, in one run, each with its place and what to
do. No server."""
import os
import re
import subprocess
import unittest

from kit import PROGRAM, ROOT, Case, Project, Told

YJSD = os.path.join(os.path.dirname(PROGRAM), "yjsd")


def yjsd(*words, env=None, cwd=ROOT):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("YJS_")}
    clean.update(env or {})
    return Told(subprocess.run([YJSD, *words], capture_output=True, env=clean, cwd=cwd, timeout=60))


class Check(Case):
    def setUp(self):
        self.project = Project()
        self.addCleanup(self.project.cleanup)

    def write(self, text):
        path = os.path.join(self.project.name, "config", "orchestrator.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def places(self, told):
        """Each fault as file:line:column, file without its folder; what has no place as it is."""
        lines = [line for line in told.err.splitlines() if ": error: " in line]
        return [os.path.basename(line.split(": error: ")[0]) for line in lines]

    def test_shipped_configuration_is_sound(self):
        self.ends(yjsd("--check-config", "--config", "config/orchestrator.yaml"), 0, "the configuration is sound")

    def test_all_faults_come_in_one_run_by_their_places(self):
        self.project.write("config/departments.yaml", "departments:\n  - {id: A, offices: []}\n  - {id: b}\n")
        self.project.write("config/notices.yaml", "colour: red\nparty: [nobody]\n")
        path = self.write('nonsense: 1\nregion: 4413\nlog:\n  level: loud\n  format: xml\nhttp:\n  listen: nohost\n  threads: -3\n'
                          '  url: ftp://x\n  key: k.pem\nbatch: {inputs: 5000}\ncluster: {heartbeat: 3s, member_ttl: 4s}\n'
                          'kafka:\n  partitions: many\n  properties:\n    acks: "1"\n    no.such.thing: 1\n'
                          'database:\n  url: "host=x sslmode"\n  url: twice\nnotice: {rules: config/notices.yaml}\nlist: [1]\n'
                          'materials: {store: /nowhere/at/all, scanner: x}\ndocuments: {seals: /nowhere}\n')
        told = yjsd("--check-config", "--config", path, "--drain=soon", env={"YJS_POLL": "often"})
        self.assertEqual(told.status, 2, told)
        wanted = ["1:11", "2:9", "4:10", "5:11", "7:11", "8:12", "9:8", "10:8", "11:17", "12:38", "14:15", "16:11", "17:20", "19:8", "20:8",
                  "22:7", "23:20", "23:46", "24:20"]
        self.assertEqual(self.places(told)[:len(wanted)], [f"orchestrator.yaml:{at}" for at in wanted], told)
        rest = self.places(told)[len(wanted):]
        self.assertEqual(rest[:2], ["YJS_POLL", "--drain"], told)
        self.assertIn("departments.yaml:2:10", rest, told)
        self.assertEqual(rest[-2:], ["notices.yaml:1:9", "notices.yaml:2:9"], told)
        self.ends(told, 2, f"yjsd: {len(wanted) + len(rest)} faults in the configuration")
        remedies = told.err.splitlines()
        for at, line in enumerate(remedies):
            if ": error: " in line:
                self.assertTrue(remedies[at + 1].startswith("    "), line)

    def test_start_says_the_same_and_does_not_start(self):
        path = self.write("log: {level: loud}\npoll: x\n")
        self.ends(yjsd("--config", path), 2, "orchestrator.yaml:1:14", "orchestrator.yaml:2:7", "yjsd: 2 faults")

    def test_unknown_setting_names_the_nearest_and_a_file_that_is_no_yaml_its_place(self):
        self.ends(yjsd("--check-config", "--config", self.write("database: {ulr: x}\n")), 2, "Did you mean database.url?")
        self.ends(yjsd("--check-config", "--config", self.write("a: [\nb: }\n")), 2, "orchestrator.yaml:2:", "[settings_unreadable]")
        self.ends(yjsd("--check-config", "--config", "/nowhere"), 2, "/nowhere: error: No such file", "--config")

    def test_printed_settings_are_a_sound_file_with_and_without_their_values(self):
        printed = self.ends(yjsd("--settings", "yaml"), 0).out
        self.ends(yjsd("--check-config", "--config", self.write(printed)), 0)
        self.ends(yjsd("--check-config", "--config", self.write(re.sub(r"^( *)# (\w+: \".*\")$", r"\1\2", printed, flags=re.M))), 0)
        rows = re.findall(r"^\| `([a-z._]+)` \| `(YJS_[A-Z_]+)` \|", self.ends(yjsd("--settings"), 0).out, re.M)
        self.assertGreater(len(rows), 40)
        self.assertEqual([name for name, variable in rows if variable != "YJS_" + name.upper().replace(".", "_")], [])
        self.ends(yjsd("--settings", "xml"), 2, "markdown or yaml")

    def test_certificate_and_key_must_fit(self):
        for name in ("one", "other"):
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{self.project.name}/{name}.key", "-out",
                            f"{self.project.name}/{name}.pem", "-subj", "/CN=x", "-days", "2"], check=True, capture_output=True)
        self.ends(yjsd("--check-config", "--config", self.write("http: {certificate: one.pem, key: one.key}\n")), 0)
        self.ends(yjsd("--check-config", "--config", self.write("http: {certificate: one.pem, key: other.key}\n")), 2,
                  "orchestrator.yaml:1:35", "not the certificate's")

    def test_flags_stand_before_the_environment_and_that_before_the_file(self):
        path = self.write("log: {level: loud}\n")
        self.ends(yjsd("--check-config", "--config", path), 2, "orchestrator.yaml:1:14", '"loud"')
        told = self.ends(yjsd("--check-config", "--config", path, env={"YJS_LOG_LEVEL": "louder"}), 2, "YJS_LOG_LEVEL: error", '"louder"')
        self.assertNotIn('"loud"', told.err)
        told = self.ends(yjsd("--check-config", "--config", path, "--log-level=loudest", env={"YJS_LOG_LEVEL": "louder"}), 2, "--log.level: error")
        self.assertNotIn("louder\"", told.err)
        self.ends(yjsd("--check-config", "--config", path, "--log-level=info", env={"YJS_LOG_LEVEL": "louder"}), 0)


if __name__ == "__main__":
    unittest.main()

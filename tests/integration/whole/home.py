"""The second-hand home transfer as the quickstart has it: nine adapters over seven drivers and the simulated systems behind
them, in a place of its own."""
import json
import os
import re
import secrets
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "kit"))
from base import ROOT, free_port, program  # noqa: E402
from place import Place, other_database, psql  # noqa: E402

DEPARTMENTS = ["housing", "tax", "power", "real_estate", "water", "gas", "maintenance_fund", "e_licence", "service_hall"]
NEEDS = {
    "tax_assessment": ["contract_filing"], "payment": ["tax_assessment"], "tax_receipt": ["tax_assessment", "payment"],
    "title_transfer": ["deed_lookup", "contract_filing", "tax_receipt", "joint_application"], "water_transfer": ["title_transfer", "water_arrears"],
    "power_transfer": ["title_transfer", "power_arrears"], "gas_transfer": ["title_transfer", "gas_arrears"],
    "fund_transfer": ["title_transfer"], "handover": ["title_transfer"]}


def sample():
    with open(f"{ROOT}/config/samples/secondhand_home_transfer.json", encoding="utf-8") as file:
        return json.load(file)


class Home(Place):
    """results: replaces a step's result template; refuse: departments that refuse everything."""

    def __init__(self, results=None, refuse=(), without=()):
        with open(f"{ROOT}/config/departments.yaml", encoding="utf-8") as file:
            super().__init__(file.read())
        self.results, self.refuse = results or {}, refuse
        self.publish("secondhand_home_transfer")
        self.ports, env = {}, {"KAFKA_BOOTSTRAP": self.bootstrap, "YJS_ADAPTER_ADDRESS": "127.0.0.1"}
        for name in ("HOUSING", "TAX", "POWER", "LICENCE"):
            self.ports[name] = free_port()
            env[f"{name}_URL"], env[f"{name}_TOKEN"] = f"http://127.0.0.1:{self.ports[name]}", secrets.token_hex(12)
        for name in ("POWER", "GAS", "FUND", "HALL"):
            env[f"{name}_PORT"] = str(free_port())
            env.setdefault(f"{name}_TOKEN", secrets.token_hex(12))
        env["POWER_SECRET"], env["LICENCE_SECRET"] = secrets.token_hex(12), secrets.token_hex(12)
        env["POWER_CALLBACK"] = f"http://127.0.0.1:{env['POWER_PORT']}"
        self.registry = f"registry_{self.database}"
        psql(self.server, f"CREATE DATABASE {self.registry}")
        env["REAL_ESTATE_DATABASE"] = other_database(self.server, self.registry)
        env["WATER_PROGRAM"] = self.water_program()
        self.adapter_env = dict(os.environ, **env)
        self.start_simulators(env)
        for department in DEPARTMENTS:
            if department not in without:
                self.adapter(department)
        self.daemon = self.yjsd()

    def options(self, department):
        with open(f"{ROOT}/adapters/simulators/results/{department}.yaml", encoding="utf-8") as file:
            text = file.read()
        for step, template in self.results.items():
            text = re.sub(rf"^{step}:.*$", f"{step}: {template}", text, flags=re.M)
        return ["--seed", 7, "--results", self.write(f"{department}.results.yaml", text), "--record", f"{self.folder}/{department}.jsonl",
                "--latency", "1ms..40ms", "--refuse", 1 if department in self.refuse else 0]

    def water_program(self):
        path = f"{self.folder}/water-program"
        options = " ".join(f"'{o}'" for o in self.options("water"))
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\nexec '{program('yjs-sim-exec')}' {options}\n")
        os.chmod(path, 0o755)
        return path

    def start_simulators(self, env):
        def simulator(department, kind, *more):
            self.child(f"system-{department}", [program(f"yjs-sim-{kind}"), *self.options(department), *more])
        for department, name, mode in (("housing", "HOUSING", "immediate"), ("tax", "TAX", "polling"), ("power", "POWER", "callback"),
                                       ("e_licence", "LICENCE", "immediate")):
            simulator(department, "rest", "--port", self.ports[name], "--token", env[f"{name}_TOKEN"], "--mode", mode)
        simulator("real_estate", "table", "--conninfo", env["REAL_ESTATE_DATABASE"])
        simulator("gas", "robot", "--url", f"http://127.0.0.1:{env['GAS_PORT']}", "--token", env["GAS_TOKEN"])
        for department, name, person in (("maintenance_fund", "FUND", "林美玲"), ("service_hall", "HALL", "窗口3")):
            simulator(department, "clerk", "--url", f"http://127.0.0.1:{env[f'{name}_PORT']}", "--token", env[f"{name}_TOKEN"],
                      "--person", person)

    def adapter(self, department):
        with open(f"{ROOT}/adapters/departments/{department}.yaml", encoding="utf-8") as file:
            path = self.write(f"config/adapter-{department}.yaml", file.read())
        return self.child(f"adapter-{department}", [program("yjs-adapter"), "--config", path],
                          dict(self.adapter_env, YJS_ADAPTER_STORE=f"{self.folder}/{department}.sqlite"))

    def apply(self, utilities=None, number=None, sign=True):
        given = sample()
        if utilities is not None:
            given["form"]["utilities"] = utilities
        case = self.start("secondhand_home_transfer", given["form"], number, given["extra"])
        for person in ("seller.0", "seller.1", "buyer.0") if sign else ():
            self.sign(case, person)
        return case

    def sign(self, case, person):
        return self.act(case, "signature", {"person": person})

    def pay(self, case):
        self.reaches(case, "payment", "running")
        self.act(case, "signal/tax_paid", {"data": {"payment_ref": "PAY-2026-0001"}})

    def work_of(self, department):
        """What the department's own system says it did: [(what, task)]."""
        try:
            with open(f"{self.folder}/{department}.jsonl", encoding="utf-8") as file:
                return [(row["what"], row["task"]) for row in map(json.loads, file)]
        except FileNotFoundError:
            return []

    def end(self, failed=False):
        super().end(failed)
        psql(self.server, f"DROP DATABASE IF EXISTS {self.registry} WITH (FORCE)", check=False)

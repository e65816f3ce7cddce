"""A small thing for tests of what surrounds it: two or three departments one behind the other."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "kit"))

TITLE = "{zh-Hant: 許可, zh-Hans: 许可, en: Permit}"
PERMIT = f"""
thing: permit
title: {TITLE}
form:
  type: object
  required: [name]
  additionalProperties: false
  properties:
    name: {{type: string, minLength: 1, maxLength: 20}}
    age: {{type: integer, minimum: 0}}
    note: {{type: string}}
    home: {{type: object, properties: {{street: {{type: string}}, number: {{type: integer}}}}}}
steps:
  - id: first
    title: {TITLE}
    department: alpha
    input: {{name: "${{ .form.name }}", age: "${{ .form.age }}", note: "${{ .form.note }}", street: "${{ .form.home.street }}"}}
    result: {{type: object, required: [no], properties: {{no: {{type: string}}}}}}
  - id: second
    title: {TITLE}
    department: beta
    needs: [first]
    input: {{no: "${{ .steps.first.result.no }}", number: "${{ .form.home.number }}"}}
"""
NEEDS = {"second": ["first"]}


def grant(task):
    """The answer of a department that always grants."""
    return "result", {"result": {"no": "N-" + task["id"]}}


def answers(task, kind="result", data=None):
    return kind, data or {"result": {"no": "N-" + task["id"]}}


def step(name, needs=(), department=None, **keys):
    lines = [f"  - id: {name}", f"    title: {TITLE}", f"    department: {department or name}"]
    if needs:
        lines.append(f"    needs: [{', '.join(needs)}]")
    lines += [f"    {key}: {value}" for key, value in keys.items()]
    return "\n".join(lines) + "\n"


def thing(name, steps, form="{type: object}"):
    return f"thing: {name}\ntitle: {TITLE}\nform: {form}\nsteps:\n{steps}"


# A diamond: a, then b and c side by side, then d.
DIAMOND = thing("diamond", step("a") + step("b", ["a"]) + step("c", ["a"]) + step("d", ["b", "c"]))
DIAMOND_NEEDS = {"b": ["a"], "c": ["a"], "d": ["b", "c"]}

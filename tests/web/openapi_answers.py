"""Holds answers of a running daemon (JSON lines on standard input: method, path as in the file, status, type, body) against
the OpenAPI file: openapi.sh --answers."""
import json
import sys

import yaml
from jsonschema import Draft202012Validator, FormatChecker


def described(document, operation, status):
    answer = operation["responses"].get(str(status)) or operation["responses"].get("default")
    if answer and "$ref" in answer:
        answer = document["components"]["responses"][answer["$ref"].split("/")[-1]]
    return answer


def faults_of(document, line):
    name = f"{line['method']} {line['path']} {line['status']}"
    operation = document["paths"].get(line["path"], {}).get(line["method"].lower())
    answer = operation and described(document, operation, line["status"])
    if not answer:
        return [f"{name}: not described"]
    kind = line["type"].split(";")[0]
    if kind not in answer.get("content", {}):
        return [f"{name}: is {kind}, described is {sorted(answer.get('content', {}))}"] if line["body"] else []
    if "json" not in kind:
        return []
    schema = {"components": document["components"], "allOf": [answer["content"][kind].get("schema", {})]}
    errors = Draft202012Validator(schema, format_checker=FormatChecker()).iter_errors(json.loads(line["body"]))
    return [f"{name}: at /{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}" for error in errors]


def main():
    document = yaml.safe_load(open(sys.argv[1], encoding="utf-8"))
    lines = [json.loads(line) for line in sys.stdin]
    faults = sorted({fault for line in lines for fault in faults_of(document, line)})
    for fault in faults:
        print(fault)
    print(f"{len(lines)} answers of {len({(line['method'], line['path']) for line in lines})} operations, {len(faults)} faults")
    return 1 if faults or not lines else 0


sys.exit(main())

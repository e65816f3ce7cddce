"""Compares the server's routes and problems (JSON lines on standard input) with the OpenAPI file: openapi.sh."""
import json
import re
import sys

import yaml

METHODS = ("get", "put", "post", "delete", "patch", "options", "trace")


def bodies(operation):
    content = operation.get("requestBody", {}).get("content", {})
    if not content:
        return "none"
    return "definition" if "application/yaml" in content else "file" if "application/octet-stream" in content else "json"


def main():
    document = yaml.safe_load(open(sys.argv[1], encoding="utf-8"))
    rows = [json.loads(line) for line in sys.stdin]
    routes = {(row["method"].lower(), row["path"]): row for row in rows if "path" in row}
    faults = []
    described = {(method, path): operation for path, item in document["paths"].items()
                 for method, operation in item.items() if method in METHODS}
    for key in sorted(routes.keys() | described.keys()):
        name = f"{key[0].upper()} {key[1]}"
        if key not in described:
            faults.append(f"{name}: not in openapi.yaml")
            continue
        if key not in routes:
            faults.append(f"{name}: not in the server's table")
            continue
        route, operation = routes[key], described[key]
        if sorted(route["roles"]) != sorted(operation.get("x-roles", [])):
            faults.append(f"{name}: roles are {route['roles']} in the table, {operation.get('x-roles')} in the file")
        if (operation.get("security") == []) != (not route["roles"]):
            faults.append(f"{name}: table and file do not agree on whether a token is needed")
        parameters = [parameter for parameter in operation.get("parameters", []) if "in" in parameter]
        query = {parameter["name"]: parameter["schema"] for parameter in parameters if parameter["in"] == "query"}
        if query.keys() != route["parameters"].keys():
            faults.append(f"{name}: query parameters are {sorted(route['parameters'])} in the table, {sorted(query)} in the file")
        for parameter, words in route["parameters"].items():
            if words and words.split(", ") != query.get(parameter, {}).get("enum"):
                faults.append(f"{name}: {parameter} is one of {words} in the table, not so in the file")
        places = sorted(parameter["name"] for parameter in parameters if parameter["in"] == "path")
        if places != sorted(re.findall(r"{(\w+)}", key[1])):
            faults.append(f"{name}: path parameters are {places} in the file")
        if bodies(operation) != route["body"]:
            faults.append(f"{name}: the body is {route['body']} in the table, {bodies(operation)} in the file")
        if operation["summary"] != route["what"]:
            faults.append(f"{name}: the summaries differ")
    codes = document["components"]["schemas"]["ProblemCode"]["description"]
    for row in rows:
        if "problem" in row and f"| {row['problem']} | {row['status']} | {row['title']} |" not in codes:
            faults.append(f"problem {row['problem']}: not in openapi.yaml as in the table")
    for fault in faults:
        print(fault)
    print(f"{len(routes)} routes, {sum('problem' in row for row in rows)} problems, {len(faults)} faults")
    return 1 if faults or not routes else 0


sys.exit(main())

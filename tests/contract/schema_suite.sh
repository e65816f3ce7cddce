#!/bin/sh
# Holds the schema validator to the official JSON Schema Test Suite (draft-07).
# usage: schema_suite.sh RUNNER BUILD-FOLDER
# The suite comes once, pinned by version and hash, in the source package of Python's jsonschema, and stays in the
# build folder. Without a package registry the test is skipped (exit 77) and says so.
set -eu
runner=$1
folder=$2/schema-suite
version=4.26.0
hash=0c26707e2efad8aa1bfc5b7ce170f3fccc2e4918ff85989ba9ffa9facb2be326
suite=$folder/jsonschema-$version/json

if [ ! -d "$suite/tests/draft7" ]; then
    mkdir -p "$folder"
    echo "jsonschema==$version --hash=sha256:$hash" > "$folder/requirements.txt"
    if ! python3 -m pip download --quiet --disable-pip-version-check --no-deps --no-binary jsonschema \
            --require-hashes --dest "$folder" -r "$folder/requirements.txt"; then
        echo "SKIPPED: the test suite is not here and could not be fetched"
        exit 77
    fi
    tar -xzf "$folder/jsonschema-$version.tar.gz" -C "$folder"
fi
exec "$runner" "$suite"

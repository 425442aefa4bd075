#!/bin/sh
# Writes requirements.txt from requirements.in: versions and hashes, no addresses.
set -eu
cd "$(dirname "$0")/.."
tool=$(mktemp -d)
trap 'rm -rf "$tool"' EXIT
python3 -m venv "$tool"
"$tool/bin/pip" install --quiet pip-tools
"$tool/bin/pip-compile" --quiet --generate-hashes --strip-extras --no-annotate --no-header \
    --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --output-file=requirements.txt requirements.in

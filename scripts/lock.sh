#!/bin/sh
# Resolves every dependency anew, with hashes and without the address of any registry.
set -e
cd "$(dirname "$0")/.."
options="-q --upgrade --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header --universal --python-version 3.11"
.venv/bin/python -m pip install -q uv
.venv/bin/uv pip compile pyproject.toml --group build $options -o requirements.lock
.venv/bin/uv pip compile pyproject.toml --all-extras --group build --group dev $options -o requirements-dev.lock
printf 'llama-index-llms-azure-openai>=0.6\n' | .venv/bin/uv pip compile - $options -o requirements-llamaindex.lock

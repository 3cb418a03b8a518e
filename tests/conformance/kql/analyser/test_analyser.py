"""Names and types of answers, and which queries are wrong, as Microsoft's own analyser sees them.

Needs `npm ci` in this folder once (Node 18 or newer); skipped where it has not been run.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from gatelog import kql
from gatelog.kql import KqlError
from gatelog.schema import tables
from gatelog.schema.table import Schema, Table

HERE = Path(__file__).parent
SCHEMA = Schema([table for table in vars(tables).values() if isinstance(table, Table)])
QUERIES = [line for line in (HERE / "corpus.kql").read_text(encoding="utf-8").splitlines() if line.strip()]


@pytest.fixture(scope="module")
def answers() -> dict[str, Any]:
    if shutil.which("node") is None or not (HERE / "node_modules" / "@kusto").exists():
        pytest.skip("Microsoft's analyser is not installed: run `npm ci` in tests/conformance/kql/analyser")
    definition = {table.name: [[column.name, str(column.type)] for column in table.columns] for table in SCHEMA}
    request = json.dumps({"tables": definition, "queries": QUERIES})
    done = subprocess.run(
        ["node", "analyse.js"], cwd=HERE, input=request, capture_output=True, text=True, check=True, timeout=120
    )
    return dict(zip(QUERIES, json.loads(done.stdout), strict=True))


@pytest.mark.parametrize("query", QUERIES)
def test_names_and_types(query: str, answers: dict[str, Any]) -> None:
    expected = answers[query]
    try:
        columns = kql.compile(query, SCHEMA, 1_700_000_000_000_000_000).outputs[0].columns
    except KqlError as error:
        assert expected["errors"], f"refused here only: {error}"
        return
    assert not expected["errors"]
    assert columns is not None
    assert [[column.name, str(column.type)] for column in columns] == expected["columns"]

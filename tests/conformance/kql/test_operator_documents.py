"""Every operator is documented, every example in the docs runs, and the page is up to date."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gatelog import kql
from gatelog.kql.operators.documents import DOCUMENTS
from gatelog.kql.operators.table import OPERATORS, REFUSED, SOURCES
from gatelog.schema import tables
from gatelog.schema.table import Schema, Table

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
SCHEMA = Schema([table for table in vars(tables).values() if isinstance(table, Table)])


def _runner() -> Any:
    name = "kql_conformance_runner"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, HERE / "runner.py")
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.mark.parametrize("document", DOCUMENTS, ids=[document.name for document in DOCUMENTS])
def test_example_runs_and_gives_rows(document: Any) -> None:
    names, _, rows = _runner().run(document.example)
    assert names
    assert bool(rows) == (document.name != "consume")


def test_every_operator_is_documented() -> None:
    documented = {name for document in DOCUMENTS for name in (document.name, *document.aliases)}
    assert documented == {*OPERATORS, *SOURCES} - {*REFUSED, "externaldata"}


def test_the_page_is_up_to_date() -> None:
    script = ROOT / "scripts" / "document_kql_operators.py"
    done = subprocess.run([sys.executable, str(script), "--check"], cwd=ROOT, check=False, timeout=60)
    assert done.returncode == 0, "run scripts/document_kql_operators.py"


def test_queries_of_the_guide_compile() -> None:
    text = (ROOT / "docs" / "kql" / "README.md").read_text(encoding="utf-8")
    queries = re.findall(r"```kql\n(.*?)```", text, re.DOTALL)
    assert len(queries) == 2
    for query in queries:
        assert kql.compile(query, SCHEMA, _runner().NOW).outputs

"""The cases in *.kqltest beside this file: queries with the answers of the public reference, or worked out by hand from it.

A case: a `#` title, the query, `----`, `name:type` of each column (tab separated), then the rows (tab separated; <null> is null);
or `error: CODE text` instead of the answer.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gatelog.kql import KqlError

HERE = Path(__file__).parent


def _load_runner() -> Any:
    name = "kql_conformance_runner"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, HERE.parent / "runner.py")
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


RUNNER = _load_runner()


def cases() -> Iterator[Any]:
    for path in sorted(HERE.glob("*.kqltest")):
        for block in path.read_text(encoding="utf-8").split("====\n"):
            title, _, rest = block.partition("\n")
            query, _, answer = rest.partition("\n----\n")
            yield pytest.param(query, answer.rstrip("\n").split("\n"), id=f"{path.stem}: {title.removeprefix('# ')}")


@pytest.mark.parametrize(("query", "answer"), list(cases()))
def test_answer(query: str, answer: list[str]) -> None:
    if answer[0].startswith("error: "):
        code, _, text = answer[0].removeprefix("error: ").partition(" ")
        with pytest.raises(KqlError) as caught:
            RUNNER.run(query)
        assert any(problem.code == code and text in str(problem) for problem in caught.value.problems), caught.value
        return
    names, types, rows = RUNNER.run(query)
    assert [f"{name}:{kind}" for name, kind in zip(names, types, strict=True)] == answer[0].split("\t")
    assert [[_text(cell) for cell in row] for row in rows] == [line.split("\t") for line in answer[1:]]


def _text(cell: Any) -> str:
    if cell is None:
        return "<null>"
    return str(cell).lower() if isinstance(cell, bool) else str(cell).replace("\n", "\\n").replace("\t", "\\t")

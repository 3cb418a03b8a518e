"""The rules of the house that a linter does not know (CONTRIBUTING.md, 'The house')."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "src" / "gatelog").rglob("*.py"))
FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc", "base", "core", "manager"}
FORBIDDEN_SUFFIXES = re.compile(r"(Manager|Handler|Processor|Service|Impl|Helper)$")
LINES = 600
TABLES_OF_DATA = {"schema/tables.py"}
"""Files that are long because their subject is a long list."""
PARTS_WITH_SERVICE = {"catalog/entities.py"}
"""`Service` is Azure's word for an API Management instance."""


def relative(path: Path) -> str:
    return path.relative_to(ROOT / "src" / "gatelog").as_posix()


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_file_names_say_what_is_inside(path: Path) -> None:
    assert path.stem not in FORBIDDEN_NAMES
    assert path.stem != "types" or path.parent.name in ("schema", "kql", "expression")


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_files_stay_readable(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")
    is_data = relative(path) in TABLES_OF_DATA or relative(path).startswith("kql/catalog/")
    assert lines <= LINES or is_data, f"{relative(path)} has {lines} lines: is there a seam?"


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_every_module_says_what_is_in_it(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree) or not tree.body, f"{relative(path)} has no docstring"
    names = [node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    wrong = [name for name in names if FORBIDDEN_SUFFIXES.search(name) and relative(path) not in PARTS_WITH_SERVICE]
    assert not wrong


@pytest.mark.parametrize("path", [p for p in SOURCES if p.name == "__init__.py"], ids=relative)
def test_packages_hold_only_their_map_and_exports(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    definitions = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef)]
    assert not definitions


def test_importing_changes_nothing() -> None:
    """Every module imports in a fresh interpreter without opening a socket, a file for writing, or a thread."""
    modules = [
        "gatelog." + relative(path)[:-3].replace("/", ".").removesuffix(".__init__")
        for path in SOURCES
        if path.name != "__main__.py" and path != ROOT / "src" / "gatelog" / "__init__.py"
    ]
    program = f"""
import sys, threading, importlib
def refuse(event, arguments):
    if event in ("socket.bind", "socket.connect", "subprocess.Popen"):
        raise RuntimeError(event)
sys.addaudithook(refuse)
before = threading.active_count()
for name in {modules!r}:
    importlib.import_module(name)
assert threading.active_count() == before, threading.enumerate()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_project_names_no_registry_and_no_machine() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    pattern = re.compile(r"(pypi\.org|pythonhosted|registry\.npmjs|deb\.debian|/work/(main|shared|\.library))")
    offenders = []
    for name in listed:
        path = ROOT / name
        if not name or not path.is_file() or path == Path(__file__) or path.stat().st_size > 5_000_000:
            continue
        if pattern.search(path.read_text(encoding="utf-8", errors="ignore")):
            offenders.append(name)
    assert not offenders

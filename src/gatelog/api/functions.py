"""Stored functions: kept in one file, written whole."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from gatelog.errors import GatelogError, InvalidDocument, Problem
from gatelog.kql.compiler import parse

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class FunctionRefused(GatelogError):
    """A stored function that cannot be made, changed or dropped."""


@dataclass(frozen=True, slots=True)
class StoredFunction:
    """One function."""

    name: str
    parameters: str
    """With parentheses: `(a:long, b:string = 'x')`."""
    body: str
    """With braces."""
    folder: str = ""
    doc: str = ""

    @property
    def source(self) -> str:
        """What a `let` statement would assign."""
        return f"{self.parameters} {self.body}"


class FunctionStore:
    """The functions of one workspace. Methods may be called from any thread."""

    def __init__(self, path: Path | None = None) -> None:
        """`path`: where they are kept; None: in memory only. Raises `InvalidDocument` when the file is not ours."""
        self._path = path
        self._lock = threading.Lock()
        self._functions: dict[str, StoredFunction] = _read(path) if path is not None and path.exists() else {}

    def all(self) -> list[StoredFunction]:
        """Every function, by name."""
        return [self._functions[name] for name in sorted(self._functions)]

    def get(self, name: str) -> StoredFunction | None:
        """The function of that name."""
        return self._functions.get(name)

    def sources(self) -> Mapping[str, str]:
        """What the compiler takes: name -> `(parameters) { body }`."""
        return {name: function.source for name, function in self._functions.items()}

    def put(self, function: StoredFunction, *, create: bool = True, alter: bool = True) -> None:
        """Keep a function. `create`: it may be new; `alter`: it may exist. Raises `FunctionRefused` and `KqlError`."""
        if _NAME.fullmatch(function.name) is None:
            raise FunctionRefused(f"function name {function.name!r} is not a name: letters, digits and underscores")
        parse(f"let {function.name} = {function.source};")
        with self._lock:
            exists = function.name in self._functions
            if exists and not alter:
                raise FunctionRefused(f"Entity ID '{function.name}' of kind 'Function' already exists")
            if not exists and not create:
                raise FunctionRefused(f"Entity ID '{function.name}' of kind 'Function' was not found")
            self._store({**self._functions, function.name: function})

    def drop(self, name: str) -> StoredFunction:
        """Forget a function. Raises `FunctionRefused` when there is none."""
        with self._lock:
            if name not in self._functions:
                raise FunctionRefused(f"Entity ID '{name}' of kind 'Function' was not found")
            dropped = self._functions[name]
            self._store({other: function for other, function in self._functions.items() if other != name})
            return dropped

    def _store(self, functions: dict[str, StoredFunction]) -> None:
        if self._path is not None:
            new = self._path.with_suffix(".new")
            new.write_text(json.dumps([asdict(function) for function in functions.values()], indent=1), encoding="utf-8")
            new.replace(self._path)
        self._functions = functions


def _read(path: Path) -> dict[str, StoredFunction]:
    try:
        found = [StoredFunction(**entry) for entry in json.loads(path.read_text(encoding="utf-8"))]
    except (ValueError, TypeError) as error:
        raise InvalidDocument([Problem(f"not a file of stored functions: {error}", place=str(path))]) from error
    return {function.name: function for function in found}

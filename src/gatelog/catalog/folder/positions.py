"""YAML with the place of every value, so that a problem can name its line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from gatelog.catalog.openapi.reading import YamlLoader, refuse_hostile
from gatelog.catalog.plain import plain
from gatelog.errors import InvalidDocument, Problem


@dataclass(frozen=True, slots=True)
class Positioned:
    """A YAML document."""

    tree: Any
    place: str
    marks: dict[str, tuple[int, int]] = field(default_factory=dict)
    """JSON path (`$.pool.services[0].id`) -> line and column of its key or item."""

    def problem(self, message: str, path: str = "$", code: str = "ValidationError", hint: str = "") -> Problem:
        """A problem at a JSON path; a missing property is placed at what should hold it."""
        line, column = self._mark(path)
        shown = f"{path}: {message}" if path != "$" else message
        return Problem(shown, place=self.place, line=line, column=column, code=code, hint=hint)

    def _mark(self, path: str) -> tuple[int, int]:
        while path:
            if path in self.marks:
                return self.marks[path]
            path = re.sub(r"(\.[^.\[]*|\[\d+\])$", "", path) if path != "$" else ""
        return 1, 1


def read_positioned(text: str, place: str) -> Positioned:
    """Parse YAML (or JSON). Raises `InvalidDocument` with line and column."""
    loader = YamlLoader(text)
    try:
        refuse_hostile(text)
        node = loader.get_single_node()
        if node is None:
            return Positioned({}, place)
        marks: dict[str, tuple[int, int]] = {}
        problems: list[Problem] = []
        _walk(node, "$", marks, problems, place)
        if problems:
            raise InvalidDocument(problems)
        return Positioned(plain(loader.construct_document(node)), place, marks)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise InvalidDocument([Problem(f"not YAML: {error.problem}", place=place, line=line, column=column)]) from None
    except (yaml.YAMLError, ValueError) as error:
        raise InvalidDocument([Problem(f"not YAML: {error}", place=place, line=1, column=1)]) from None
    finally:
        loader.dispose()


def _walk(node: yaml.Node, path: str, marks: dict[str, tuple[int, int]], problems: list[Problem], place: str) -> None:
    marks.setdefault(path, (node.start_mark.line + 1, node.start_mark.column + 1))
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = f"{path}.{key.value}"
            position = (key.start_mark.line + 1, key.start_mark.column + 1)
            if inner in marks:
                problems.append(Problem(f"{inner} stands twice", place=place, line=position[0], column=position[1]))
            marks[inner] = position
            _walk(value, inner, marks, problems, place)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _walk(item, f"{path}[{index}]", marks, problems, place)

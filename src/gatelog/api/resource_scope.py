"""A query in the context of one resource: every table that it names is seen through a filter on `_ResourceId`.

What could reach a table past the filter (wildcards, `search`, `find`, `table()`, stored functions) is refused.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from gatelog.kql.errors import KqlError
from gatelog.schema.query import Query
from gatelog.schema.table import Schema

_RESOURCE = re.compile(r"(?:/[\w.()-]+)+")
_HIDDEN = re.compile(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"|//[^\n]*")
_PAST = re.compile(r"\b(?:search|find|table|workspace|app|database|cluster|resource)\b|\bunion\b[^|;]*\*")


class ScopeRefused(ValueError):
    """The query cannot be held to one resource."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The text to compile in place of the query, and what it may read."""

    text: str
    prefix: str
    tables: frozenset[str]

    def check(self, query: Query) -> None:
        """Raises `ScopeRefused` when the query reads a table that is not filtered."""
        past = sorted({scan.table for scan in query.scans} - self.tables)
        if past:
            raise ScopeRefused(f"table {past[0]} is read in a way that cannot be held to one resource")

    def moved(self, error: KqlError) -> KqlError:
        """The error with places in the original text."""
        lines, characters = self.prefix.count("\n"), len(self.prefix)
        return KqlError([replace(one, line=one.line - lines, start=one.start - characters) for one in error.problems])


def scope_to(text: str, resource: str, schema: Schema, functions: Collection[str]) -> Scope:
    """The query held to `resource` (an ARM id) and what is below it. Raises `ScopeRefused`."""
    if _RESOURCE.fullmatch(resource) is None:
        raise ScopeRefused(f"{resource!r} is not a resource id")
    plain = _HIDDEN.sub("", text)
    past = _PAST.search(plain)
    if past:
        raise ScopeRefused(f"'{past[0].split()[0]}' is not supported in the context of a resource; query the workspace")
    words = set(re.findall(r"\w+", plain))
    called = sorted(words & set(functions))
    if called:
        raise ScopeRefused(f"the stored function {called[0]} is not supported in the context of a resource; query the workspace")
    tables = frozenset(table.name for table in schema if table.name in words and table.column("_ResourceId"))
    lets = "".join(
        f"let {name} = {name} | where _ResourceId =~ '{resource}' or _ResourceId startswith '{resource}/'; "
        for name in sorted(tables)
    )
    prefix = lets + "\n"
    return Scope(prefix + text, prefix, tables)

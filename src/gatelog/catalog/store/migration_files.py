"""Reads the numbered SQL files of one database."""

from __future__ import annotations

from importlib.resources import files


def migrations(database: str) -> list[tuple[int, str]]:
    """(number, SQL) in order."""
    folder = files("gatelog.catalog.store.migrations")
    found = []
    for entry in folder.iterdir():
        stem, _, suffix = entry.name.partition(".")
        name, _, number = stem.rpartition("_")
        if suffix == "sql" and name == database:
            found.append((int(number), entry.read_text(encoding="utf-8")))
    return sorted(found)

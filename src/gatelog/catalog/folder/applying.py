"""Folder -> catalog: check, diff, apply, and a watch that applies whenever a file changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from gatelog.catalog.control import Control, Snapshot
from gatelog.catalog.folder.difference import Difference, apply_changes, differences, wanted_resources
from gatelog.catalog.folder.reading import read_folder
from gatelog.catalog.initial import initial_resources
from gatelog.catalog.loading import compile_resources, resolve_outside
from gatelog.catalog.preparing import Makings
from gatelog.catalog.resource import Resource
from gatelog.catalog.store.interface import Change


def check_folder(root: Path, makings: Makings, *, resolve_values: bool = True) -> int:
    """Compile a folder as if it were applied to an empty catalog; how many resources it has.

    `resolve_values` off: variables and files that named values refer to need not be there (a check in CI).
    Raises `InvalidDocument` with every problem.
    """
    resources = read_folder(root)
    stored = {resource.key: resource for resource in initial_resources(makings)}
    wanted = wanted_resources(resources, stored, makings)
    whole = {**stored, **{resource.key: resource for resource in wanted}}
    compile_resources(whole.values(), resolve=resolve_outside if resolve_values else lambda reference: f"<{reference}>")
    return len(resources)


def diff_folder(control: Control, root: Path, *, prune: bool = False) -> list[Difference]:
    """What `apply_folder` would change. Raises `InvalidDocument`."""
    return diff_resources(control, read_folder(root), prune=prune)


def diff_resources(control: Control, resources: Iterable[Resource], *, prune: bool = False) -> list[Difference]:
    """What `apply_resources` would change. Raises `InvalidDocument` when the result would not compile."""
    before = control.snapshot()
    changes = apply_changes(wanted_resources(resources, before.resources, control.makings()), before.resources, prune=prune)
    control.try_out(changes)
    return differences(changes, before.resources)


def apply_folder(control: Control, root: Path, *, prune: bool = False) -> list[Difference]:
    """Make the catalog what the folder says; what was changed. Raises `InvalidDocument`; then nothing was changed."""
    return apply_resources(control, read_folder(root), prune=prune)


def apply_resources(control: Control, resources: Iterable[Resource], *, prune: bool = False) -> list[Difference]:
    """The same for resources from anywhere (importers)."""
    resources = list(resources)
    makings = control.makings()
    done: list[Difference] = []

    def plan(before: Snapshot) -> Sequence[Change]:
        changes = apply_changes(wanted_resources(resources, before.resources, makings), before.resources, prune=prune)
        done[:] = differences(changes, before.resources)
        return changes

    control.edit(plan)
    return done


@dataclass(frozen=True, slots=True)
class Stamp:
    """State of a folder's files: changes when any of them does."""

    entries: tuple[tuple[str, int, int], ...]


def stamp_of(root: Path) -> Stamp:
    """The stamp; cheap enough for one look a second."""
    entries = []
    for path in sorted(root.rglob("*")):
        try:
            status = path.stat()
        except OSError:
            continue
        if path.is_file() and not path.name.startswith("."):
            entries.append((path.as_posix(), status.st_mtime_ns, status.st_size))
    return Stamp(tuple(entries))


class FolderWatch:
    """Applies a folder again whenever one of its files has changed. A bad state of the folder changes nothing."""

    def __init__(self, control: Control, root: Path) -> None:
        self._control = control
        self._root = root
        self._seen: Stamp | None = None

    def poll(self) -> list[Difference]:
        """Look once; what was applied. Raises `InvalidDocument` once for each bad state."""
        stamp = stamp_of(self._root)
        if stamp == self._seen:
            return []
        self._seen = stamp
        return apply_folder(self._control, self._root)

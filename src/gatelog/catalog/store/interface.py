"""The seam of the catalog's storage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gatelog.catalog.resource import Resource
from gatelog.errors import GatelogError


class Conflict(GatelogError):
    """A resource is not what the writer believed it to be; nothing was written."""

    def __init__(self, resource_id: str, expected: str | None, found: str | None) -> None:
        super().__init__(f"{resource_id}: expected {_said(expected)}, found {_said(found)}")
        self.resource_id = resource_id
        self.expected = expected
        self.found = found


def _said(etag: str | None) -> str:
    return "no such resource" if etag is None else f"etag {etag}"


@dataclass(frozen=True, slots=True)
class Change:
    """One resource written or, with `resource` None, deleted."""

    id: str
    resource: Resource | None
    expected: str | None | bool = True
    """The etag that it must have now; None: it must not exist; True: whatever."""


class Store(Protocol):
    """Resources with a version that grows by each change.

    All methods may be called from any thread. Another process may write at any time.
    """

    def read(self) -> tuple[int, list[Resource]]:
        """Version and all resources of that version, secrets decrypted."""
        ...

    def apply(self, changes: Sequence[Change], based_on: int | None = None) -> int:
        """Write all changes or none; the new version.

        `based_on`: the version that the writer looked at; a newer one is a `Conflict` with an empty resource id.
        Raises `Conflict` when a resource is not as expected.
        """
        ...

    def version(self) -> int:
        """The current version; cheap enough for five calls a second."""
        ...

    def close(self) -> None:
        """Let go of the database. Idempotent."""
        ...

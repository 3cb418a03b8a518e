"""What goes wrong in a storage engine.

StorageError
├── QueryStopped      a limit was reached or somebody cancelled: `reason` says which
├── QueryFailed       the engine refused while running (overflow, an invalid regular expression, ...)
├── NewerStore        the files were written by a newer gatelog
├── StoreInUse        another process has them open
└── StoreUnusable     the engine cannot be reached or opened
"""

from __future__ import annotations

from typing import Literal

from gatelog.errors import GatelogError

StopReason = Literal["time", "memory", "bytes", "cancelled"]


class StorageError(GatelogError):
    """Root of what an engine raises."""


class QueryStopped(StorageError):
    """A query was ended before its answer."""

    def __init__(self, reason: StopReason, message: str) -> None:
        super().__init__(message)
        self.reason: StopReason = reason


class QueryFailed(StorageError):
    """The engine could not compute the answer; the message is the engine's first line."""


class NewerStore(StorageError):
    """The files have a version that this gatelog does not know."""


class StoreInUse(StorageError):
    """Only one process may have the files open."""


class StoreUnusable(StorageError):
    """The place for the rows cannot be used: which, and why."""

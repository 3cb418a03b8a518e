"""What goes wrong with the journal.

JournalFailure          it cannot be written now
├── JournalFull         a cap is reached: of the journal, or of what waits to be written
└── DirectoryLocked     another process uses it
DamagedSegment          a file is no segment, or of a newer version
"""

from __future__ import annotations

from gatelog.errors import GatelogError


class JournalFailure(GatelogError):
    """The journal cannot be written; whoever appends decides what that means (`on_journal_failure`)."""


class JournalFull(JournalFailure):
    """A cap is reached: readers are too far behind, or writing has failed for too long."""


class DamagedSegment(GatelogError):
    """A file that cannot be read as a segment: which, and why."""

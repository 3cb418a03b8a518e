"""The sink seam: where messages go.

SinkError
├── SinkUnavailable    not now: the same messages are offered again later
└── SinkMisconfigured  never, as it is set up: what to change
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gatelog.errors import GatelogError


class SinkError(GatelogError):
    """Messages were not delivered."""


class SinkUnavailable(SinkError):
    """The destination does not take messages at the moment."""


class SinkMisconfigured(SinkError):
    """The destination cannot be used as the logger describes it."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message on its way."""

    logger_id: str
    stream: str
    position: int
    """With `stream` the message's identity: positions of a stream only grow, so a repeated message is recognised."""
    time: int
    """When it was sent, ns since 1970."""
    message_id: str
    """Correlation id of the call."""
    partition_id: str
    partition_key: str
    body: bytes


class Sink(Protocol):
    """A destination. Called by one thread."""

    def deliver(self, messages: Sequence[Message]) -> None:
        """Make all of them durable at the destination, in order within a partition.

        Raises `SinkUnavailable` when some may be missing; the caller then offers all of them again.
        """
        ...

    def close(self) -> None:
        """Let go of connections and files; nothing is pending after `deliver` has returned."""
        ...

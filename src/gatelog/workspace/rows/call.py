"""A finished call as the row makers read it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import orjson

from gatelog.record.events import RequestEvent, ResponseEvent

Row = dict[str, Any]
"""Column name -> value, as `gatelog.storage.interface.Batch` wants it."""


@dataclass(frozen=True)
class Origin:
    """What every row says about where it is stored and where it came from."""

    workspace_id: str
    """GUID of the workspace (column TenantId)."""
    region: str


@dataclass(frozen=True)
class Call:
    """A request with its response."""

    request: RequestEvent
    response: ResponseEvent

    @cached_property
    def request_body(self) -> str:
        """What the caller sent."""
        return text_of(self.request.body)

    @cached_property
    def backend_request_body(self) -> str:
        """What the backend got; empty when it was never called."""
        if not self.response.backend_url:
            return ""
        sent = self.response.backend_request_body
        return self.request_body if sent is None else text_of(sent)

    @cached_property
    def backend_response_body(self) -> str:
        """What the backend answered."""
        return text_of(self.response.backend_body)

    @cached_property
    def response_body(self) -> str:
        """What the caller got."""
        got = self.response.body
        return self.backend_response_body if got is None else text_of(got)


def text_of(body: bytes) -> str:
    """A body as text; one that is no UTF-8 as a data URL, so that nothing of it is lost."""
    try:
        return body.decode()
    except UnicodeDecodeError:
        return "data:application/octet-stream;base64," + base64.b64encode(body).decode()


def fields_json(fields: Sequence[tuple[str, str]]) -> str | None:
    """HTTP fields as one JSON object, lines of one name joined as RFC 9110 joins them; None when there are none."""
    if not fields:
        return None
    joined: dict[str, str] = {}
    for name, value in fields:
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return json_text(joined)


def json_text(value: object) -> str:
    """Compact JSON."""
    return orjson.dumps(value, default=str).decode()


def milliseconds(nanoseconds: int) -> int:
    """Whole milliseconds, rounded."""
    return (nanoseconds + 500_000) // 1_000_000


@lru_cache(maxsize=1024)
def arm_part(resource_id: str, name: str) -> str:
    """The segment behind `/name/` in an ARM id, compared without case; empty when it has none."""
    segments = resource_id.split("/")
    lowered = [segment.lower() for segment in segments]
    return segments[lowered.index(name) + 1] if name in lowered[:-1] else ""


def with_size(row: Row) -> Row:
    """The row with the columns that every table has: `_BilledSize` is the size of its JSON."""
    row["_BilledSize"] = float(len(orjson.dumps(row)))
    row["_IsBillable"] = "True"
    row["SourceSystem"] = "Azure"
    return row

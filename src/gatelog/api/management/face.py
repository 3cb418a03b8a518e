"""What the management API works with, and how it reads a body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from starlette.requests import Request

from gatelog.api.management.activity import Record
from gatelog.api.management.errors import ArmError
from gatelog.api.security import Security
from gatelog.catalog.control import Control
from gatelog.catalog.plain import plain
from gatelog.clock import Clock

LARGEST_BODY = (4 << 20) + (64 << 10)
"""Bytes of a request: a document of 4 MiB and what is around it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """What the management API works with."""

    control: Control
    security: Security
    clock: Clock
    record: Record
    """Puts an activity event into the journal."""
    trace_key: bytes = b""
    """Key of the gateway's trace tokens (`Vault.key`); empty: the test console gives no trace."""


async def json_body(request: Request, largest: int = LARGEST_BODY) -> Any:
    """The JSON of a request; None when there is none. Raises `ArmError`."""
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > largest:
            raise ArmError(413, "RequestContentTooLarge", f"The request is larger than {largest} bytes.")
    if not received.strip():
        return None
    try:
        return plain(orjson.loads(bytes(received)))
    except orjson.JSONDecodeError as error:
        message = f"The request content was invalid: line {error.lineno}, column {error.colno}: {error.msg}"
        raise ArmError(400, "InvalidRequestContent", message) from None
    except ValueError as error:
        raise ArmError(400, "InvalidRequestContent", f"The request content was invalid: {error}") from None

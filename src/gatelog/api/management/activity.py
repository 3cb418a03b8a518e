"""Every management write on the record: one `ActivityEvent`, which becomes a row of AzureActivity."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import orjson

from gatelog.catalog.folder import Difference
from gatelog.catalog.resource import Resource, full_id, type_of
from gatelog.clock import Clock
from gatelog.record.events import ActivityEvent

Record = Callable[[ActivityEvent], None]
"""Puts an event into the journal."""

VERBS = {"PUT": "WRITE", "PATCH": "WRITE", "DELETE": "DELETE"}


def fingerprint(resource: Resource | None) -> str:
    """SHA-256 of a resource's content; empty when there is none. Secrets are part of it, so that their change shows."""
    if resource is None:
        return ""
    content = orjson.dumps([resource.properties, resource.envelope], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One write, as it is recorded."""

    type: str
    resource_id: str
    verb: str
    """`WRITE`, `DELETE` or `LISTSECRETS/ACTION`."""
    caller: str
    client_ip: str
    correlation_id: str


def record_write(record: Record, clock: Clock, write: Write, status: int, properties: Mapping[str, Any]) -> None:
    """Append the event of a finished write."""
    record(
        ActivityEvent(
            time=clock.now(),
            correlation_id=write.correlation_id,
            operation=f"{write.type}/{write.verb}".upper(),
            resource_id=write.resource_id,
            caller=write.caller,
            client_ip=write.client_ip,
            status="Success" if status < 400 else "Failure",
            substatus=str(status),
            properties={name: str(value) for name, value in properties.items() if value},
        )
    )


def record_differences(
    record: Record, clock: Clock, differences: Iterable[Difference], *, caller: str, service_id: str, client_ip: str = ""
) -> None:
    """One event for each resource that a configuration folder or an import has changed."""
    correlation_id = str(uuid4())
    for difference in differences:
        write = Write(
            type=type_of(difference.id),
            resource_id=full_id(difference.id, service_id),
            verb="DELETE" if difference.what == "delete" else "WRITE",
            caller=caller,
            client_ip=client_ip,
            correlation_id=correlation_id,
        )
        record_write(record, clock, write, 200, {"change": "; ".join(difference.lines)[:1000]})

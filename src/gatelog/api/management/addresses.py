"""A URL path -> what it names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from gatelog.catalog.kinds.kind import Kind
from gatelog.catalog.kinds.table import KINDS
from gatelog.catalog.resource import SERVICE, canonical_id, parent_of, type_of

_SERVICE_PATH = re.compile(
    r"(/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.ApiManagement/service/[^/]+)(/.*)?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """What a path names."""

    path: str
    """As it was asked for, decoded, without a slash at its end."""
    id: str
    """Canonical id of the resource, of the owner of the collection, or of what the action is done to."""
    kind: Kind | None
    """Kind of the resource or of the collection's members; None for an action or a derived list."""
    tail: str = ""
    """`` for a resource, else the collection (`apis`) or action (`listSecrets`)."""
    service: str = ""
    """ARM id of the service that the path names; empty when it names none."""

    @property
    def is_resource(self) -> bool:
        return not self.tail


def address_of(raw_path: str, service_id: str) -> Address:
    """Read a path; `service_id` is the ARM id that the service has now."""
    path = "/" + unquote(raw_path).strip("/")
    match = _SERVICE_PATH.fullmatch(path)
    service = match[1] if match else ""
    canonical = SERVICE + (match[2] or "") if match else canonical_id(path, service_id)
    if _is_resource(canonical):
        kind = KINDS.get(type_of(canonical).lower())
        return Address(path=path, id=canonical, kind=kind, service=service)
    owner, _, tail = canonical.rpartition("/")
    kind = KINDS.get(type_of(canonical).lower())
    if kind is None:
        return Address(path=path, id=owner, kind=None, tail=tail, service=service)
    return Address(path=path, id=parent_of(f"{canonical}/x"), kind=kind, tail=tail, service=service)


def _is_resource(canonical: str) -> bool:
    """Whether types and names alternate up to a name."""
    segments = canonical.strip("/").split("/")
    provider = max((index for index, text in enumerate(segments) if text.lower() == "providers"), default=-1)
    after = segments[provider + 2 :] if provider >= 0 else segments[1:] if segments[0] == SERVICE else segments
    return len(after) % 2 == 0

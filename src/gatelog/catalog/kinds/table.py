"""KINDS: every kind of resource by its ARM type in lower case."""

from __future__ import annotations

from types import MappingProxyType

from gatelog.catalog.kinds import apis, azure, gateway
from gatelog.catalog.kinds.kind import Kind
from gatelog.catalog.resource import type_of

KINDS = MappingProxyType({kind.type.lower(): kind for kind in (*gateway.ALL[:1], *apis.ALL, *gateway.ALL[1:], *azure.ALL)})


def kind_of(resource_id: str) -> Kind | None:
    """The kind of a canonical id; None when gatelog has no such resource."""
    return KINDS.get(type_of(resource_id).lower())

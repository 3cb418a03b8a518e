"""A resource <-> one row: plain JSON, and what is secret sealed."""

from __future__ import annotations

import orjson

from gatelog.catalog.kinds.table import kind_of
from gatelog.catalog.resource import Resource
from gatelog.catalog.shapes import join, split_secrets
from gatelog.catalog.vault import Vault

Row = tuple[str, str, str, str, str, str, bytes | None]
"""key, id, type, etag, properties, envelope, sealed secrets."""


def to_row(resource: Resource, vault: Vault) -> Row:
    """The row of a resource."""
    kind = kind_of(resource.id)
    plain, hidden = split_secrets(kind.properties, resource.properties) if kind else (dict(resource.properties), {})
    sealed = vault.seal(orjson.dumps(hidden), resource.key) if hidden else None
    texts = (orjson.dumps(plain).decode(), orjson.dumps(resource.envelope).decode())
    return (resource.key, resource.id, resource.type, resource.etag, *texts, sealed)


def from_row(resource_id: str, properties: str, envelope: str, sealed: bytes | None, vault: Vault) -> Resource:
    """The resource of a row. Raises `SealBroken`."""
    plain = orjson.loads(properties)
    whole = join(plain, orjson.loads(vault.open(sealed, resource_id.lower()))) if sealed else plain
    return Resource(id=resource_id, properties=whole, envelope=orjson.loads(envelope))

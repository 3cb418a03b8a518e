"""Chooses the store by the URL's scheme."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType

from gatelog.catalog.store.interface import Store
from gatelog.catalog.store.postgres import PostgresStore
from gatelog.catalog.store.sqlite import SqliteStore
from gatelog.catalog.vault import Vault
from gatelog.errors import GatelogError


def _sqlite(url: str, vault: Vault) -> Store:
    return SqliteStore(Path(url.removeprefix("sqlite://")), vault)


STORES: MappingProxyType[str, Callable[[str, Vault], Store]] = MappingProxyType(
    {"sqlite": _sqlite, "postgresql": PostgresStore, "postgres": PostgresStore}
)


def open_store(location: str | Path, vault: Vault) -> Store:
    """The store of a file path, `sqlite:///path` or `postgresql://user:password@host/database`."""
    if isinstance(location, Path):
        return SqliteStore(location, vault)
    scheme, separator, _ = location.partition("://")
    if not separator:
        return SqliteStore(Path(location), vault)
    if scheme not in STORES:
        raise GatelogError(f"expected a catalog at a path or one of {', '.join(sorted(STORES))}://, found {scheme}://")
    return STORES[scheme](location, vault)

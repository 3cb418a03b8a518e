"""Opens the catalog of a data folder: its store, its secrets' key, and the one object that changes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from gatelog.catalog.control import Control
from gatelog.catalog.initial import fill_empty_store
from gatelog.catalog.store import open_store
from gatelog.catalog.vault import load_vault
from gatelog.clock import SystemClock
from gatelog.config import Settings


@contextmanager
def open_catalog(settings: Settings, gateway_url: str) -> Iterator[Control]:
    """The catalog, filled with what every new one has."""
    store = open_store(settings.catalog or settings.data / "catalog.sqlite", load_vault(settings.data / "secret.key"))
    try:
        control = Control(store, SystemClock(), gateway_url=gateway_url)
        fill_empty_store(store, control.makings())
        yield control
    finally:
        store.close()

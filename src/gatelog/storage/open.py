"""Chooses the storage engine by URL."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gatelog.clock import Clock
from gatelog.storage.clickhouse.store import ClickHouseStorage
from gatelog.storage.duckdb.store import DuckDbOptions, DuckDbStorage
from gatelog.storage.errors import StoreUnusable
from gatelog.storage.interface import Storage


def open_storage(url: str, directory: Path, clock: Clock, memory_bytes: int, retention: Mapping[str, int]) -> Storage:
    """`""` or `duckdb:` -> DuckDB files in `directory`; `clickhouse://` -> a server. Raises `StorageError`."""
    scheme = url.partition(":")[0]
    if scheme in ("", "duckdb"):
        return DuckDbStorage(directory, clock, DuckDbOptions(memory_bytes=memory_bytes, retention=retention))
    if scheme in ("clickhouse", "clickhouses", "chdb"):
        return ClickHouseStorage(url, clock, retention)
    raise StoreUnusable(f"no storage engine for {url!r}; expected duckdb: or clickhouse://HOST:PORT/DATABASE")

"""What `gatelog doctor` looks at: files, keys, journal, store, catalog, and the running processes."""

from __future__ import annotations

import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from gatelog.api.portal import STATIC
from gatelog.catalog.loading import load_catalog
from gatelog.catalog.store import open_store
from gatelog.catalog.vault import load_vault
from gatelog.clock import SystemClock
from gatelog.errors import GatelogError
from gatelog.journal.inspect import stat as journal_facts
from gatelog.journal.inspect import verify
from gatelog.server.data_folder import DataFolder, DataFolderUnusable, read_admin_key
from gatelog.storage import open_storage
from gatelog.storage.duckdb.store import DuckDbStorage

LITTLE_SPACE = 2 << 30
"""Bytes of free disk below which there is a warning."""
SECRET_FILES = ("admin.key", "secret.key", "issuer.json")


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's outcome."""

    part: str
    state: str
    """`ok`, `warning` or `failure`."""
    words: str
    advice: str = ""
    """What to do; empty when there is nothing to do."""


def examine(data: Path, api: str) -> Iterator[Finding]:
    """Every check in turn. A running gatelog owns its store, so that is asked over HTTP; a stopped one's files are read."""
    yield _python()
    yield _portal()
    if not data.is_dir():
        yield Finding(
            "data folder", "failure", f"{data} does not exist", "start gatelog once, or name the folder with --data DIR"
        )
        return
    yield _space(data)
    yield from _secrets(data)
    yield _checked(
        "journal", lambda: _journal(data), "the quarantined stretch cannot be read again; restore a backup if it matters"
    )
    is_running = _is_running(data)
    yield Finding("process", "ok", "a gatelog uses this folder" if is_running else "no gatelog uses this folder")
    if is_running:
        yield _checked(
            "management plane", lambda: _running(data, api), f"is it listening at {api}? name its address with --api URL"
        )
    else:
        yield _checked("catalog", lambda: _catalog(data), "mend the named document: gatelog config check")
        yield _checked("store", lambda: _store(data), "a part that cannot be read is set aside; restore it from a backup")


def _checked(part: str, look: Callable[[], str], advice: str) -> Finding:
    try:
        return Finding(part, "ok", look())
    except (GatelogError, OSError, httpx.HTTPError) as error:
        return Finding(part, "failure", str(error), advice)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("python", "ok" if sys.version_info >= (3, 11) else "failure", version)


def _portal() -> Finding:
    if (STATIC / "index.html").exists():
        return Finding("portal", "ok", "built")
    return Finding("portal", "warning", "not built", "make demo builds it; the APIs work without")


def _space(data: Path) -> Finding:
    free = shutil.disk_usage(data).free
    words = f"{free >> 20:,} MiB free"
    if free < LITTLE_SPACE:
        return Finding(
            "disk", "warning", words, "free some space, shorten --retention, or move --data; a full disk refuses calls"
        )
    return Finding("disk", "ok", words)


def _secrets(data: Path) -> Iterator[Finding]:
    for name in SECRET_FILES:
        path = data / name
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield Finding(name, "failure", "others on this machine can read it", f"chmod 600 {path}")
        elif path.exists():
            yield Finding(name, "ok", "readable by its owner only")


def _journal(data: Path) -> str:
    folder = data / "journal"
    facts = journal_facts(folder)
    damaged = sum(stream.quarantined_bytes for stream in facts)
    problems = list(verify(folder).problems)
    if damaged:
        problems.append(f"{damaged} bytes could not be read")
    if problems:
        raise GatelogError("; ".join(problems))
    return f"{sum(stream.records for stream in facts):,} records in {len(facts)} streams, chain unbroken"


def _is_running(data: Path) -> bool:
    try:
        with DataFolder(data):
            return False
    except DataFolderUnusable:
        return True


def _running(data: Path, api: str) -> str:
    answer = httpx.get(f"{api}/readyz", timeout=5)
    parts = answer.json()["parts"]
    broken = [name for name, works in parts.items() if not works]
    if broken:
        raise GatelogError(f"not working: {', '.join(broken)}")
    headers = {"Authorization": f"Bearer {read_admin_key(data)}"}
    asked = httpx.post(f"{api}/v1/rest/query", json={"db": "gatelog", "csl": "GatelogCalls | count"}, headers=headers, timeout=30)
    asked.raise_for_status()
    return f"ready, {asked.json()['Tables'][0]['Rows'][0][0]:,} calls on the record"


def _catalog(data: Path) -> str:
    path = data / "catalog.sqlite"
    if not path.exists():
        return "none yet"
    store = open_store(path, load_vault(data / "secret.key"))
    try:
        catalog = load_catalog(store)
    finally:
        store.close()
    return f"version {catalog.version}, {len(catalog.apis)} APIs, every policy compiles"


def _store(data: Path) -> str:
    folder = data / "workspace"
    if not folder.exists():
        return "none yet"
    storage = open_storage("", folder, SystemClock(), 0, {})
    try:
        if not isinstance(storage, DuckDbStorage):
            return "in another engine"
        reports = storage.check()
    finally:
        storage.close()
    problems = [f"{report.file}: {report.problem}" for report in reports if report.problem]
    if problems:
        raise GatelogError("; ".join(problems))
    return f"{sum(report.rows for report in reports):,} sealed rows in {len(reports)} parts, every block read"

"""How `gatelog config` and `gatelog import` reach a catalog: through the management API, or straight in the data folder."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from gatelog import config
from gatelog.api.management.configuring import as_json, problems_of
from gatelog.catalog.control import Control
from gatelog.catalog.folder import Difference, apply_resources, diff_resources
from gatelog.catalog.folder.writing import folder_files
from gatelog.catalog.initial import fill_empty_store
from gatelog.catalog.resource import SERVICE, Resource
from gatelog.catalog.store import open_store
from gatelog.catalog.vault import load_vault
from gatelog.clock import SystemClock
from gatelog.errors import GatelogError, InvalidDocument
from gatelog.server.data_folder import read_admin_key

_SECONDS = 120.0


def add_access_flags(parser: argparse.ArgumentParser) -> None:
    """Where the catalog is."""
    parser.add_argument("--url", help="management API (default: the one that the setting api names)")
    parser.add_argument("--key", help="administration key or API token (default: setting admin_key, else DATA/admin.key)")
    parser.add_argument("--data", help="data folder (default: setting data)")
    parser.add_argument(
        "--offline", action="store_true", help="open the catalog in the data folder; nothing is put on the record"
    )


@contextmanager
def opened(arguments: argparse.Namespace) -> Iterator[Access]:
    """The catalog that the flags name."""
    settings = config.load({"data": arguments.data})
    if not arguments.offline:
        scheme = "https" if settings.tls else "http"
        url = arguments.url or f"{scheme}://{settings.api}"
        key = arguments.key or settings.admin_key or read_admin_key(settings.data)
        if not key:
            raise GatelogError(f"no key: give --key, or --data with the folder that holds admin.key (looked in {settings.data})")
        with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=_SECONDS, trust_env=False) as client:
            yield RemoteAccess(client)
        return
    store = open_store(settings.catalog or settings.data / "catalog.sqlite", load_vault(settings.data / "secret.key"))
    try:
        control = Control(store, SystemClock())
        fill_empty_store(store, control.makings())
        yield LocalAccess(control)
    finally:
        store.close()


class Access:
    """A catalog: change it, export it."""

    def change(self, resources: Iterable[Resource], *, prune: bool, dry: bool) -> list[Difference]:
        """Apply resources, or say what an apply would change. Raises `InvalidDocument`."""
        raise NotImplementedError

    def export(self, *, secrets: bool) -> dict[str, str]:
        """Files of the configuration folder."""
        raise NotImplementedError


class LocalAccess(Access):
    """The store itself."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def change(self, resources: Iterable[Resource], *, prune: bool, dry: bool) -> list[Difference]:
        return (diff_resources if dry else apply_resources)(self._control, resources, prune=prune)

    def export(self, *, secrets: bool) -> dict[str, str]:
        snapshot = self._control.snapshot()
        return folder_files(snapshot.resources.values(), snapshot.service_id, secrets=secrets)


class RemoteAccess(Access):
    """The management API."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def change(self, resources: Iterable[Resource], *, prune: bool, dry: bool) -> list[Difference]:
        query = {"prune": str(prune).lower(), "dryRun": str(dry).lower()}
        answer = self._ask("POST", "/api/config/apply", params=query, json={"resources": as_json(list(resources))})
        return [Difference(change["id"], change["what"], tuple(change["lines"])) for change in answer["changes"]]

    def export(self, *, secrets: bool) -> dict[str, str]:
        files: dict[str, str] = self._ask("GET", "/api/config/export", params={"secrets": str(secrets).lower()})["files"]
        return files

    def _ask(self, method: str, path: str, **more: Any) -> Any:
        try:
            response = self._client.request(method, path, **more)
        except httpx.HTTPError as error:
            message = f"{self._client.base_url} does not answer ({type(error).__name__}); is gatelog serve running?"
            raise GatelogError(f"{message} (--offline works without)") from None
        try:
            body = response.json()
        except json.JSONDecodeError:
            raise GatelogError(f"{self._client.base_url} answered {response.status_code} without JSON") from None
        if response.status_code >= 400:
            raise problems_of(body) or GatelogError(f"{self._client.base_url} answered {response.status_code}")
        return body


def print_differences(found: list[Difference], *, dry: bool) -> None:
    """One line for each resource, one more for each property that differs."""
    signs = {"add": "+", "change": "~", "delete": "-"}
    for difference in found:
        print(f"{signs[difference.what]} {difference.id.removeprefix(SERVICE) or '/'}")
        for line in difference.lines:
            print(f"    {line}")
    counts = [f"{sum(d.what == what for d in found)} to {what}" if dry else f"{sum(d.what == what for d in found)} {word}"
              for what, word in (("add", "added"), ("change", "changed"), ("delete", "deleted"))]  # fmt: skip
    print(", ".join(counts) if found else "nothing to change" if dry else "nothing changed")


def print_problems(error: InvalidDocument) -> None:
    """One line for each problem, as compilers print them."""
    for problem in error.problems:
        print(problem, file=sys.stderr)
    count = len(error.problems)
    print(f"{count} problem{'s' if count != 1 else ''}; nothing was changed", file=sys.stderr)


def write_files(folder: Path, files: dict[str, str], *, private: bool) -> None:
    """Write the files of an export."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600 if private else 0o644, exist_ok=True)
        path.write_text(text, encoding="utf-8")

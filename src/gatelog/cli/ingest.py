"""`gatelog ingest`: bring rows of other systems into a table, so that an old history answers questions next to live calls."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import orjson
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from gatelog.cli.query_client import Unreachable
from gatelog.config import load
from gatelog.intake.load import Loaded, Loading, load_file
from gatelog.schema.table import Column, Schema, Table
from gatelog.schema.types import KqlType
from gatelog.server.data_folder import read_admin_key

DEFAULT_API = "http://127.0.0.1:8081"


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("ingest", help="bring rows of other systems into a table", description=__doc__)
    parser.add_argument("file", type=Path, metavar="FILE", help="JSON lines, JSON, CSV, Parquet, or Event Hub capture (Avro)")
    parser.add_argument(
        "--table", default="", help="table to load into (NAME_CL makes a new one); without it: Azure's exported resource logs"
    )
    parser.add_argument("--format", default="", dest="file_format", help="format of the file, when its name does not say")
    parser.add_argument(
        "--rejects", type=Path, metavar="FILE", help="where bad rows go, with line and reason (default FILE.rejected.jsonl)"
    )
    parser.add_argument("--api", default=DEFAULT_API, metavar="URL", help=f"management plane (default {DEFAULT_API})")
    parser.add_argument(
        "--key", default="", help="administration key or API token (default: the environment's, or admin.key of --data)"
    )
    parser.add_argument("--data", metavar="DIR", help="data folder, for its admin.key")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Load the file, with progress; exit 1 when rows were rejected."""
    settings = load({"data": arguments.data})
    key = arguments.key or settings.admin_key or read_admin_key(settings.data)
    rejects = arguments.rejects or arguments.file.with_name(arguments.file.name + ".rejected.jsonl")
    with httpx.Client(base_url=arguments.api, headers={"Authorization": f"Bearer {key}"}, timeout=120) as client:
        workspace = _Workspace(client)
        loaded = _load_with_progress(arguments, rejects, workspace)
    print(", ".join(f"{count:,} rows into {table}" for table, count in loaded.tables.items()) or "no rows")
    if loaded.ignored_fields:
        print("fields without a column, left out: " + ", ".join(sorted(loaded.ignored_fields)))
    if loaded.rejected:
        print(f"{loaded.rejected:,} rows rejected; see {rejects}")
    return 1 if loaded.rejected else 0


def _load_with_progress(arguments: argparse.Namespace, rejects: Path, workspace: _Workspace) -> Loaded:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rows]:,} rows"),
        TimeRemainingColumn(),
    )
    size = arguments.file.stat().st_size if arguments.file.exists() else None
    with Progress(*columns) as progress:
        task = progress.add_task(arguments.file.name, total=size, rows=0)
        loading = Loading(
            table=arguments.table,
            file_format=arguments.file_format,
            rejects=rejects,
            progress=lambda loaded, read: progress.update(task, completed=read, rows=loaded.rows),
        )
        loaded = load_file(arguments.file, loading, workspace.schema, workspace.append)
        progress.update(task, completed=size, rows=loaded.rows)
    return loaded


class _Workspace:
    """A running workspace, by its public APIs."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def schema(self) -> Schema:
        """The tables as they are now."""
        answer = self._post("/v1/rest/mgmt", {"db": "gatelog", "csl": ".show schema as json"}).json()
        databases = orjson.loads(answer["Tables"][0]["Rows"][0][0])["Databases"]
        tables = next(iter(databases.values()))["Tables"]
        return Schema(Table(name, tuple(_column(column) for column in table["OrderedColumns"])) for name, table in tables.items())

    def append(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Deliver rows by the Logs Ingestion API."""
        self._post(f"/dataCollectionRules/gatelog-ingest/streams/{table}", list(rows))

    def _post(self, path: str, body: Any) -> httpx.Response:
        try:
            answer = self._client.post(path, content=orjson.dumps(body), headers={"Content-Type": "application/json"})
        except httpx.HTTPError as error:
            raise Unreachable(f"no workspace at {self._client.base_url}: {error}; name its address with --api URL") from error
        if answer.status_code == 401:
            raise Unreachable("the workspace does not accept the key; give one with --key or --data DIR")
        if answer.is_error:
            raise Unreachable(f"the workspace refused the rows: {answer.text[:500]}")
        return answer


def _column(described: Mapping[str, str]) -> Column:
    return Column(described["Name"], KqlType(described["CslType"]))

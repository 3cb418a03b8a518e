"""Asking a running workspace over its Kusto API."""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from gatelog.errors import GatelogError


class Unreachable(GatelogError):
    """There is no workspace at the address, or it does not let us in."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong in a query."""

    code: str
    message: str
    line: int = 0
    column: int = 0
    length: int = 0


class QueryRefused(GatelogError):
    """The workspace refused the query, or stopped it."""

    def __init__(self, text: str, findings: list[Finding]) -> None:
        super().__init__("\n".join(finding.message for finding in findings))
        self.text = text
        self.findings = findings


@dataclass(frozen=True, slots=True)
class Answer:
    """One table of an answer."""

    columns: list[tuple[str, str]]
    """Name and type."""
    rows: list[list[Any]]
    visualization: Mapping[str, Any] = field(default_factory=dict)
    warning: str = ""
    """The answer was cut at a limit: which."""


class Workspace:
    """One workspace, by its address and a key."""

    def __init__(self, url: str, key: str, client: httpx.Client | None = None) -> None:
        self.url = url.rstrip("/")
        self._client = client or httpx.Client(timeout=None)
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}

    def ask(self, text: str, parameters: Mapping[str, str] | None = None) -> list[Answer]:
        """The tables of an answer; a text with a leading dot is a management command."""
        if text.lstrip().startswith("."):
            return self._command(text)
        options = {"deferpartialqueryfailures": True}
        found = self._post("/v2/rest/query", text, {"Options": options, "Parameters": dict(parameters or {})})
        frames = [frame for frame in found if frame["FrameType"] == "DataTable"]
        drawn = {
            row[0]: json.loads(row[2]) for frame in frames if frame["TableKind"] == "QueryProperties" for row in frame["Rows"]
        }
        warning = next((_warning(frame) for frame in frames if frame["TableKind"] == "QueryCompletionInformation"), "")
        return [
            Answer(_columns(frame["Columns"]), frame["Rows"], drawn.get(frame["TableId"], {}), warning)
            for frame in frames
            if frame["TableKind"] == "PrimaryResult"
        ]

    def explain(self, text: str) -> str:
        """The steps and SQL of a query."""
        plan: str = self._command(f".show queryplan <| {text}", text)[0].rows[0][2]
        return plan

    def _command(self, command: str, text: str | None = None) -> list[Answer]:
        found = self._post("/v1/rest/mgmt", command, {}, text)
        table = found["Tables"][0]
        return [Answer(_columns(table["Columns"]), table["Rows"])]

    def _post(self, path: str, csl: str, properties: dict[str, Any], text: str | None = None) -> Any:
        body = {"db": "gatelog", "csl": csl, "properties": properties}
        headers = {**self._headers, "x-ms-client-request-id": f"gatelog.query;{uuid.uuid4()}"}
        try:
            response = self._client.post(self.url + path, json=body, headers=headers)
        except KeyboardInterrupt:
            self._cancel(headers["x-ms-client-request-id"])
            raise
        except httpx.HTTPError as error:
            raise Unreachable(
                f"no workspace answers at {self.url} ({error}); start one with `gatelog demo` or `gatelog serve`"
            ) from error
        if response.status_code in (401, 403, 429):
            raise Unreachable(f"{self.url} does not accept the key: {_message(response)}; give one with --key or --data")
        if response.status_code != 200:
            raise QueryRefused(csl if text is None else text, _findings(response))
        try:
            return response.json()
        except ValueError as error:
            raise Unreachable(f"{self.url} is not a gatelog workspace: its answer is not JSON") from error

    def _cancel(self, request_id: str) -> None:
        """Ctrl-C ends the query in the workspace too; when that cannot be reached, its own time limit does."""
        body = {"db": "gatelog", "csl": f'.cancel query "{request_id}"'}
        with contextlib.suppress(httpx.HTTPError):
            httpx.post(self.url + "/v1/rest/mgmt", json=body, headers=self._headers, timeout=2)


def _columns(columns: list[dict[str, str]]) -> list[tuple[str, str]]:
    return [(column["ColumnName"], column["ColumnType"]) for column in columns]


def _warning(frame: dict[str, Any]) -> str:
    names = [column["ColumnName"] for column in frame["Columns"]]
    rows = [dict(zip(names, row, strict=True)) for row in frame["Rows"]]
    return next((str(json.loads(row["Payload"])["Text"]) for row in rows if row["Level"] < 4), "")


def _error(response: httpx.Response) -> dict[str, Any]:
    try:
        found = response.json()["error"]
    except (ValueError, KeyError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def _message(response: httpx.Response) -> str:
    error = _error(response)
    return str(error.get("@message") or error.get("message") or f"status {response.status_code}")


def _findings(response: httpx.Response) -> list[Finding]:
    error = _error(response)
    details = error.get("details")
    if not isinstance(details, list) or not details:
        return [Finding(str(error.get("code", "Error")), _message(response))]
    return [
        Finding(
            one["code"],
            f"{one['message']} ({one['hint']})" if one["hint"] else one["message"],
            one["line"],
            one["column"],
            one["length"],
        )
        for one in details
    ]

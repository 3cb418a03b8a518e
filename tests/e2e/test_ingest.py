"""Rows of other systems: by the unmodified ingestion client, and from files by `gatelog ingest`."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.monitor.ingestion import LogsIngestionClient
from running import Demo


class Credential:
    """A credential for a client whose own policy sends the key."""

    def get_token(self, *scopes: str, **more: object) -> AccessToken:
        return AccessToken("unused", int(time.time()) + 3600)


class PlainBearer(SansIOHTTPPolicy):  # type: ignore[type-arg]
    """azure-core refuses bearer tokens over plain http; on loopback this policy sends the key all the same."""

    def __init__(self, key: str) -> None:
        self._key = key

    def on_request(self, request: object) -> None:
        request.http_request.headers["Authorization"] = f"Bearer {self._key}"  # type: ignore[attr-defined]


def client(demo: Demo) -> LogsIngestionClient:
    return LogsIngestionClient(demo.api, Credential(), authentication_policy=PlainBearer(demo.admin_key))


def table() -> str:
    return f"Test{uuid.uuid4().hex[:8]}_CL"


def test_the_ingestion_client(demo: Demo) -> None:
    name = table()
    rows = [{"TimeGenerated": "2026-01-02T03:04:05Z", "User": f"user-{number}", "Amount": number} for number in range(2500)]
    client(demo).upload(rule_id="dcr-1", stream_name=f"Custom-{name}", logs=rows)
    found = demo.wait_for(f"{name} | summarize n = count(), sum(Amount)", lambda rows: rows[0]["n"] == 2500)
    assert found[0]["sum_Amount"] == sum(range(2500))


def test_rows_that_do_not_fit_are_named_and_nothing_is_taken(demo: Demo) -> None:
    name = table()
    client(demo).upload(rule_id="dcr-1", stream_name=f"Custom-{name}", logs=[{"Amount": 1}])
    demo.wait_for(f"{name} | count", lambda rows: rows[0]["Count"] == 1)
    with pytest.raises(HttpResponseError, match="1 of 2 rows do not fit"):
        client(demo).upload(rule_id="dcr-1", stream_name=f"Custom-{name}", logs=[{"Amount": 2}, {"Amount": "many"}])
    assert demo.query(f"{name} | count") == [{"Count": 1}]


def gatelog(demo: Demo, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gatelog", "ingest", *words, "--api", demo.api, "--data", str(demo.data)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_a_csv_file_with_bad_rows(demo: Demo, tmp_path: Path) -> None:
    name = table()
    (tmp_path / "first.jsonl").write_text('{"City": "Rome", "People": 5}\n')
    assert gatelog(demo, str(tmp_path / "first.jsonl"), "--table", name).returncode == 0
    demo.wait_for(f"{name} | count", lambda rows: rows[0]["Count"] == 1)
    (tmp_path / "more.csv").write_text("City,People\nOslo,7\nBern,lots\nBonn,9\n")
    done = gatelog(demo, str(tmp_path / "more.csv"), "--table", name)
    assert done.returncode == 1 and f"2 rows into {name}" in done.stdout and "1 rows rejected" in done.stdout
    demo.wait_for(f"{name} | summarize n = sum(People)", lambda rows: rows[0]["n"] == 21)
    [rejected] = [json.loads(line) for line in (tmp_path / "more.csv.rejected.jsonl").read_text().splitlines()]
    assert rejected["line"] == 3 and "People" in rejected["reason"]


def test_an_unknown_table_lists_near_ones(demo: Demo, tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text('{"a": 1}\n')
    done = gatelog(demo, str(tmp_path / "x.jsonl"), "--table", "AzureDiagnostic")
    assert done.returncode == 2 and "near: AzureDiagnostics" in done.stderr

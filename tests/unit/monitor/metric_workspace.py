"""A workspace with a few calls in it, for the metrics tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gatelog import kql
from gatelog.catalog.entities import Account, Configuration
from gatelog.clock import Clock
from gatelog.schema.query import Limits, ResultTable
from gatelog.workspace.space import Workspace, open_workspace

ACCOUNT = "/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/ai"
CONFIGURATION = Configuration(accounts=(Account(id="ai", resource_id=ACCOUNT, endpoint="http://b/"),))
SERVICE = CONFIGURATION.service.resource_id


def call(time: str, **more: Any) -> Mapping[str, Any]:
    """A row of GatelogCalls: an answered, streamed chat call, unless said otherwise."""
    return {
        "TimeGenerated": time,
        "AccountId": ACCOUNT.lower(),
        "_ResourceId": SERVICE.lower(),
        "ResponseCode": 200,
        "BackendResponseCode": 200,
        "LlmOperation": "ChatCompletions_Create",
        "ApiVersion": "2024-10-21",
        "DeploymentName": "text-turbo",
        "ModelName": "gpt-35-turbo",
        "ModelVersion": "0301",
        "Region": "eastus",
        "StreamType": "Streaming",
        "PromptTokens": 10,
        "CompletionTokens": 5,
        "TotalTokens": 15,
        "CachedTokens": 4,
        "Cost": 0.001,
        "TotalTime": 12.5,
        "BackendTime": 10.0,
        "FirstTokenTime": 2.0,
        "LastTokenTime": 9.0,
        **more,
    }


@contextmanager
def workspace_of(folder: Path, clock: Clock, rows: list[Mapping[str, Any]]) -> Iterator[Workspace]:
    """A running workspace that holds these calls."""
    workspace = open_workspace(folder / "workspace", folder / "journal", lambda: CONFIGURATION, clock)
    workspace.start()
    try:
        if rows:
            workspace.append_rows("GatelogCalls", rows)
            assert workspace.ingest.wait_until_caught_up(10)
        yield workspace
    finally:
        workspace.stop()


def run_kql(workspace: Workspace, text: str, now: int = 1_800_000_000_000_000_000) -> ResultTable:
    """The first table of an answer."""
    return workspace.fetch(kql.compile(text, workspace.schema(), now), Limits()).tables[0]

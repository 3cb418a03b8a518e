"""The workshop's questions through the official query clients, against the running product."""

from __future__ import annotations

import time
from datetime import timedelta
from decimal import Decimal

import openai
from azure.core.credentials import AccessToken
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.kusto.data import KustoClient, KustoConnectionStringBuilder
from azure.monitor.query import LogsQueryClient, LogsQueryStatus
from running import Demo
from test_main_job import API_VERSION, DIAGNOSTICS, PROMPTS, TOKEN_USAGE

WORKSPACE = "00000000-0000-0000-0000-00000000a10c"


class Credential:
    """The administration key as a credential of azure-core."""

    def __init__(self, key: str) -> None:
        self._key = key

    def get_token(self, *scopes: str, **more: object) -> AccessToken:
        return AccessToken(self._key, int(time.time()) + 3600)


class PlainBearer(SansIOHTTPPolicy):  # type: ignore[type-arg]
    """azure-core refuses bearer tokens over plain http; on loopback this policy sends them all the same."""

    def __init__(self, key: str) -> None:
        self._key = key

    def on_request(self, request: object) -> None:
        request.http_request.headers["Authorization"] = f"Bearer {self._key}"  # type: ignore[attr-defined]


def send_a_call(demo: Demo) -> None:
    client = openai.AzureOpenAI(azure_endpoint=demo.gateway, api_key=demo.subscription_key, api_version=API_VERSION)
    client.chat.completions.create(model="text-turbo", messages=[{"role": "user", "content": "hello"}])


def test_kusto_data(demo: Demo) -> None:
    send_a_call(demo)
    connection = KustoConnectionStringBuilder.with_aad_application_token_authentication(demo.api, demo.admin_key)
    with KustoClient(connection) as client:
        for kql in (TOKEN_USAGE, PROMPTS, DIAGNOSTICS):
            assert client.execute("gatelog", kql).primary_results[0].rows_count > 0
        usage = client.execute("gatelog", TOKEN_USAGE).primary_results[0]
        assert [(column.column_name, column.column_type) for column in usage.columns] == [
            ("ip", "string"),
            ("model", "string"),
            ("sum_prompttokens", "decimal"),
            ("sum_completiontokens", "decimal"),
            ("sum_totaltokens", "decimal"),
            ("avg_totaltokens", "decimal"),
        ]
        assert sum(Decimal(row["sum_totaltokens"]) for row in usage) > 0
        assert client.execute_mgmt("gatelog", ".show tables").primary_results[0].rows_count >= 5


def test_monitor_query(demo: Demo) -> None:
    send_a_call(demo)
    client = LogsQueryClient(
        Credential(demo.admin_key), endpoint=f"{demo.api}/v1", authentication_policy=PlainBearer(demo.admin_key)
    )
    for kql in (TOKEN_USAGE, PROMPTS, DIAGNOSTICS):
        result = client.query_workspace(WORKSPACE, kql, timespan=timedelta(days=1))
        assert result.status == LogsQueryStatus.SUCCESS and result.tables[0].rows

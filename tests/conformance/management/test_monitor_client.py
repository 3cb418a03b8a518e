"""Diagnostic settings and their categories by the unmodified azure-mgmt-monitor client, version 6.0.2."""

from __future__ import annotations

import pytest
from azure.core.exceptions import HttpResponseError
from azure.mgmt.monitor.v2021_05_01_preview import models

from gatelog.catalog.initial import WORKSPACE_ID

from .conftest import Plane

ACCOUNT = (
    "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/ai/providers/Microsoft.CognitiveServices/accounts/oai"
)


def test_the_workshops_first_task(plane: Plane) -> None:
    """Task 1.1: everything of an Azure OpenAI account goes to the workspace."""
    with plane.http() as http:
        body = {"location": "eastus", "kind": "OpenAI", "properties": {"customSubDomainName": "oai"}}
        assert http.put(f"{ACCOUNT}?api-version=2024-10-01", json=body).status_code == 201
        model = {
            "properties": {"model": {"format": "OpenAI", "name": "gpt-35-turbo", "version": "0301"}},
            "sku": {"name": "Standard"},
        }
        assert http.put(f"{ACCOUNT}/deployments/text-turbo", json=model).status_code == 201
        keys = http.post(f"{ACCOUNT}/listKeys").json()
        assert set(keys) == {"key1", "key2"}
        renewed = http.post(f"{ACCOUNT}/regenerateKey", json={"keyName": "Key1"}).json()
        assert renewed["key1"] != keys["key1"] and renewed["key2"] == keys["key2"]
    settings = plane.monitor.diagnostic_settings
    wanted = models.DiagnosticSettingsResource(
        workspace_id=WORKSPACE_ID,
        logs=[models.LogSettings(category_group="allLogs", enabled=True), models.LogSettings(category="Audit", enabled=False)],
        metrics=[models.MetricSettings(category="AllMetrics", enabled=True)],
    )
    made = settings.create_or_update(ACCOUNT, "to-workspace", wanted)
    assert made.id == f"{ACCOUNT}/providers/Microsoft.Insights/diagnosticSettings/to-workspace"
    assert settings.get(ACCOUNT, "to-workspace").logs[0].category_group == "allLogs"
    assert [item.name for item in settings.list(ACCOUNT)] == ["to-workspace"]
    configuration = plane.control.snapshot().catalog.configuration
    stored = next(setting for setting in configuration.diagnostic_settings if setting.resource_id == ACCOUNT)
    assert stored.log_categories == {"allLogs"} and stored.metric_categories == {"AllMetrics"}
    assert stored.workspace_id == WORKSPACE_ID
    account = plane.control.snapshot().catalog.account_of("https://oai.openai.azure.com/openai/deployments/text-turbo")
    assert account is not None and account.resource_id == ACCOUNT and account.deployments[0].model == "gpt-35-turbo"
    settings.delete(ACCOUNT, "to-workspace")
    assert list(settings.list(ACCOUNT)) == []


def test_categories(plane: Plane) -> None:
    categories = {
        item.name: item for item in plane.monitor.diagnostic_settings_category.list(plane.control.snapshot().service_id)
    }
    assert set(categories) >= {"GatewayLogs", "GatewayLlmLogs", "AllMetrics"}
    assert categories["GatewayLogs"].category_type == "Logs" and categories["GatewayLogs"].category_groups == ["allLogs"]
    one = plane.monitor.diagnostic_settings_category.get(plane.control.snapshot().service_id, "AllMetrics")
    assert one.category_type == "Metrics"


def test_a_setting_needs_its_workspace(plane: Plane) -> None:
    missing = WORKSPACE_ID.replace("workspaces/gatelog", "workspaces/other")
    with pytest.raises(HttpResponseError) as refused:
        wanted = models.DiagnosticSettingsResource(workspace_id=missing)
        plane.monitor.diagnostic_settings.create_or_update(plane.control.snapshot().service_id, "bad", wanted)
    assert refused.value.status_code == 400
    assert refused.value.error is not None and refused.value.error.code == "ReferenceNotFound"

# ruff: noqa: E501 - one case on one line
"""Importers: ARM templates, APIOps folders, Terraform states."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from gatelog.catalog.catalog import Catalog
from gatelog.catalog.control import Control
from gatelog.catalog.folder import apply_resources
from gatelog.catalog.importers.apiops import import_folder
from gatelog.catalog.importers.arm import Group, import_template, parameter_values
from gatelog.catalog.importers.imported import Imported
from gatelog.catalog.importers.terraform import MAKERS, import_state
from gatelog.catalog.initial import fill_empty_store
from gatelog.catalog.openapi.fetching import builtin_document
from gatelog.catalog.store import open_store
from gatelog.catalog.vault import Vault
from gatelog.clock import FixedClock
from gatelog.errors import InvalidDocument

POLICY = "<policies><inbound><base /></inbound></policies>"


def applied(imported: Imported, tmp_path: Path) -> Catalog:
    store = open_store(tmp_path / "catalog.sqlite", Vault([b"k" * 32]))
    control = Control(store, FixedClock())
    fill_empty_store(store, control.makings())
    apply_resources(control, imported.resources)
    return control.snapshot().catalog


TEMPLATE: dict[str, Any] = {
    "parameters": {
        "apimName": {"type": "string"},
        "backends": {"type": "array", "defaultValue": ["east", "west"]},
        "withLogger": {"type": "bool", "defaultValue": False},
        "suffix": {"type": "string", "defaultValue": "[uniqueString(resourceGroup().id)]"},
    },
    "variables": {
        "apiName": "[toLower(concat('Open', 'AI'))]",
        "service": "[resourceId('Microsoft.ApiManagement/service', parameters('apimName'))]",
        "names": {"copy": [{"name": "numbered", "count": 2, "input": "[format('n{0}', copyIndex('numbered'))]"}]},
    },
    "resources": [
        {"type": "Microsoft.ApiManagement/service", "name": "[parameters('apimName')]", "location": "[resourceGroup().location]",
         "sku": {"name": "Developer", "capacity": 1}, "properties": {"publisherEmail": "a@b.c", "publisherName": "n"},
         "resources": [
             {"type": "namedValues", "name": "host", "dependsOn": ["[variables('service')]"],
              "properties": {"displayName": "host", "value": "[uri('https://x.example/', 'openai')]", "brandNew": 1}}]},
        {"type": "Microsoft.ApiManagement/service/backends", "name": "[format('{0}/{1}', parameters('apimName'), parameters('backends')[copyIndex()])]",
         "copy": {"name": "each", "count": "[length(parameters('backends'))]"},
         "properties": {"url": "[concat('https://', parameters('backends')[copyIndex('each')], '.example/', '[[literal]')]", "protocol": "http"}},
        {"type": "Microsoft.ApiManagement/service/apis", "name": "[concat(parameters('apimName'), '/', variables('apiName'))]",
         "properties": {"displayName": "D", "path": "openai", "protocols": ["https"], "format": "openapi", "value": builtin_document("azure-openai-2023-05-15")}},
        {"type": "Microsoft.ApiManagement/service/apis/policies", "name": "[concat(parameters('apimName'), '/openai/policy')]",
         "properties": {"format": "rawxml", "value": POLICY}},
        {"type": "Microsoft.ApiManagement/service/loggers", "condition": "[parameters('withLogger')]", "name": "[concat(parameters('apimName'), '/hub')]",
         "properties": {"loggerType": "azureEventHub", "credentials": {"name": "hub", "connectionString": "[listKeys('x', '2017').primaryConnectionString]"}}},
        {"type": "Microsoft.Network/virtualNetworks", "name": "v", "properties": {}},
        {"type": "Microsoft.Insights/diagnosticSettings", "name": "all", "scope": "[concat('Microsoft.ApiManagement/service/', parameters('apimName'))]",
         "properties": {"workspaceId": "[resourceId('Microsoft.OperationalInsights/workspaces', 'elsewhere')]", "logs": [{"categoryGroup": "allLogs", "enabled": True}]}},
        {"type": "Microsoft.ApiManagement/service/providers/diagnosticSettings", "name": "[concat(parameters('apimName'), '/Microsoft.Insights/old')]",
         "properties": {"logs": [{"category": "GatewayLogs", "enabled": True}]}},
        {"type": "Microsoft.CognitiveServices/accounts", "name": "[concat('oai', '1')]", "kind": "OpenAI", "location": "eastus", "sku": {"name": "S0"}, "properties": {}},
        {"type": "Microsoft.CognitiveServices/accounts/deployments", "name": "oai1/chat", "sku": {"name": "Standard", "capacity": "[if(equals(1, 1), 5, listKeys('never'))]"},
         "properties": {"model": {"format": "OpenAI", "name": "gpt-4o", "version": "1"}}},
        {"type": "Microsoft.Resources/deployments", "name": "nested", "properties": {
            "expressionEvaluationOptions": {"scope": "inner"}, "mode": "Incremental",
            "parameters": {"apim": {"value": "[parameters('apimName')]"}},
            "template": {"parameters": {"apim": {"type": "string"}}, "resources": [
                {"type": "Microsoft.ApiManagement/service/products", "name": "[concat(parameters('apim'), '/gold')]",
                 "properties": {"displayName": "Gold", "state": "published"},
                 "resources": [{"type": "apis", "name": "openai", "properties": {}}]}]}}},
    ],
}  # fmt: skip


def test_an_arm_template(tmp_path: Path) -> None:
    imported = import_template(TEMPLATE, {"apimName": "contoso"}, group=Group(name="rg", location="westeurope"))
    warnings = "\n".join(imported.warnings)
    assert "virtualNetworks" in warnings and "'brandNew'" in warnings and "elsewhere is not here" in warnings
    catalog = applied(imported, tmp_path)
    api, east = catalog.api("openai"), catalog.backend("west")
    assert api is not None and len(api.operations) == 3 and api.name == "D"
    assert east is not None and east.url == "https://west.example/[[literal]"
    assert catalog.configuration.named_values[0].value == "https://x.example/openai"
    assert [product.id for product in catalog.products_of("openai")] == ["gold"]
    assert catalog.configuration.accounts[0].deployments[0].capacity == 5
    settings = {
        setting.name
        for setting in catalog.configuration.diagnostic_settings
        if setting.resource_id == catalog.service.resource_id
    }
    assert {"all", "old"} <= settings
    assert {document.scope for document in catalog.configuration.policies} == {"api:openai"}
    assert catalog.logger("hub") is None, "its condition is false, so nothing in it is evaluated"


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("[concat('a', 1, 'b')]", "a1b"),
        ("[format('{0}-{1:}{{x}}', 'a', 2)]", "a-{1:}{x}"),
        ("[substring('abcdef', 2, 2)]", "cd"),
        ("[join(createArray('a', 'b'), ',')]", "a,b"),
        ("[if(and(true(), not(empty('x'))), 'yes', reference('no'))]", "yes"),
        ("[string(length(union(createArray(1, 2), createArray(2, 3))))]", "3"),
        ("[createObject('a', createObject('b', 'c')).a.b]", "c"),
        ("[split('a/b', '/')[1]]", "b"),
        ("[last(split(resourceId('Microsoft.A/b/c', 'x', 'y'), '/'))]", "y"),
        ("[replace(toUpper('it''s'), 'S', '5')]", "IT'5"),
        ("[base64ToString(base64('x'))]", "x"),
        ("[string(add(mul(2, 3), mod(7, 4)))]", "9"),
        ("[coalesce(null(), 'x')]", "x"),
        ("[string(contains(createObject('Key', 1), 'key'))]", "True"),
        ("[resourceGroup().name]", "gatelog"),
        ("[tenant().tenantId]", "00000000-0000-0000-0000-000000000000"),
        ("[[not an expression]", "[not an expression]"),
        ("plain", "plain"),
    ],
)
def test_expressions(expression: str, value: str) -> None:
    template = {
        "resources": [{"type": "Microsoft.ApiManagement/service/tags", "name": "x/t", "properties": {"displayName": expression}}]
    }
    assert import_template(template, {}).resources[0].properties["displayName"] == value


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("[parameters('none')]", "parameter 'none' has no value"),
        ("[variables('none')]", "variable 'none' does not exist"),
        ("[nothing()]", "function 'nothing' is not supported"),
        ("[reference('x').y]", "needs a running Azure"),
        ("[concat('a']", "expected , or )"),
        ("[concat('a') 'b']", "expected the end"),
        ("['unclosed]", "unexpected character"),
        ("[copyIndex()]", "outside of a copy"),
        ("[createObject('a', 1).b]", "there is no 'b'; there are a"),
        ("[int('x')]", "int()"),
        ("[" + "concat(" * 80 + ")" * 80 + "]", "nested too deeply"),
    ],
)
def test_expressions_that_cannot_be_evaluated(expression: str, words: str) -> None:
    template = {
        "resources": [{"type": "Microsoft.ApiManagement/service/tags", "name": "x/t", "properties": {"displayName": expression}}]
    }
    with pytest.raises(InvalidDocument) as error:
        import_template(template, {}, place="main.json")
    assert words in str(error.value) and "main.json: resources[0]" in str(error.value)


def test_parameters_files_and_wrong_parameters() -> None:
    assert parameter_values({"parameters": {"a": {"value": 1}, "b": {"reference": {}}}}) == {"a": 1}
    with pytest.raises(InvalidDocument, match="no parameter 'typo'"):
        import_template({"resources": []}, {"typo": 1})


def test_an_apiops_folder(tmp_path: Path) -> None:
    root = tmp_path / "artifacts"
    files: dict[str, Any] = {
        "policy.xml": POLICY,
        "named values/host/namedValueInformation.json": {"properties": {"displayName": "host", "value": "h"}},
        "backends/east/backendInformation.json": {"properties": {"url": "https://{{host}}", "protocol": "http"}},
        "policy fragments/mark/policyFragmentInformation.json": {"properties": {"format": "rawxml", "description": "d"}},
        "policy fragments/mark/policy.xml": "<fragment><base64 /></fragment>".replace(
            "<base64 />", '<set-variable name="a" value="b" />'
        ),
        "apis/openai/apiInformation.json": {
            "properties": {"displayName": "OpenAI", "path": "openai", "protocols": ["https"], "isCurrent": True}
        },
        "apis/openai/specification.yaml": builtin_document("azure-openai-2023-05-15"),
        "apis/openai/policy.xml": POLICY,
        "apis/openai/operations/ChatCompletions_Create/policy.xml": POLICY,
        "apis/openai/diagnostics/azuremonitor/diagnosticInformation.json": {"properties": {"loggerId": "/loggers/azuremonitor"}},
        "products/gold/productInformation.json": {"properties": {"displayName": "Gold", "state": "published"}},
        "products/gold/apis.json": [{"name": "openai"}],
        "products/gold/policy.xml": POLICY,
        "products/silver/productInformation.json": {"properties": {"displayName": "Silver", "state": "published"}},
        "products/silver/apis/openai/productApiInformation.json": {},
        "gateways/g/gatewayInformation.json": {},
    }
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content if isinstance(content, str) else json.dumps(content))
    imported = import_folder(root)
    assert "gateways: not imported" in imported.warnings
    catalog = applied(imported, tmp_path)
    api = catalog.api("openai")
    assert api is not None and {operation.id for operation in api.operations} >= {"ChatCompletions_Create"}
    assert [product.id for product in catalog.products_of("openai")] == ["gold", "silver"]
    assert {document.scope for document in catalog.configuration.policies} == {
        "global", "api:openai", "product:gold", "operation:openai/ChatCompletions_Create",
    }  # fmt: skip
    (root / "backends/east/backendInformation.json").write_text("{\n  broken")
    with pytest.raises(InvalidDocument) as error:
        import_folder(root)
    assert str(error.value).startswith("backends/east/backendInformation.json:2:")


def state(*resources: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    entries = [{"address": f"{kind}.x", "mode": "managed", "type": kind, "values": values} for kind, values in resources]
    half = len(entries) // 2
    return {"values": {"root_module": {"resources": entries[:half], "child_modules": [{"resources": entries[half:]}]}}}


def test_a_terraform_state(tmp_path: Path) -> None:
    apim = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ApiManagement/service/contoso"
    oai = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/oai"
    imported = import_state(
        state(
            ("azurerm_api_management", {"name": "contoso", "location": "westeurope", "sku_name": "Developer_1", "publisher_name": "n", "publisher_email": "a@b.c", "identity": [{"type": "SystemAssigned"}]}),
            ("azurerm_api_management_api", {"name": "openai", "display_name": "OpenAI", "path": "openai", "protocols": ["https"], "revision": "1",
                "subscription_key_parameter_names": [{"header": "api-key", "query": "k"}], "subscription_required": True,
                "import": [{"content_format": "openapi", "content_value": builtin_document("azure-openai-2023-05-15")}]}),
            ("azurerm_api_management_api_policy", {"api_name": "openai", "xml_content": POLICY}),
            ("azurerm_api_management_policy", {"xml_content": POLICY}),
            ("azurerm_api_management_named_value", {"name": "key", "display_name": "key", "secret": True, "value": "s"}),
            ("azurerm_api_management_backend", {"name": "east", "url": "https://e", "protocol": "http", "credentials": [{"header": {"api-key": "{{key}}"}}],
                "circuit_breaker_rule": [{"name": "r", "trip_duration": "PT1M", "failure_condition": [{"count": 3, "interval_duration": "PT1M", "status_code_range": [{"min": 429, "max": 429}]}]}]}),
            ("azurerm_api_management_product", {"product_id": "gold", "display_name": "Gold", "published": True, "subscription_required": True}),
            ("azurerm_api_management_product_api", {"product_id": "gold", "api_name": "openai"}),
            ("azurerm_api_management_subscription", {"subscription_id": "team", "display_name": "Team", "product_id": f"{apim}/products/gold", "primary_key": "p" * 32, "secondary_key": "q" * 32, "state": "active"}),
            ("azurerm_api_management_logger", {"name": "hub", "eventhub": [{"name": "hub", "connection_string": "Endpoint=x"}], "buffered": True}),
            ("azurerm_api_management_api_diagnostic", {"identifier": "azuremonitor", "api_name": "openai", "api_management_logger_id": f"{apim}/loggers/hub", "sampling_percentage": 50.0, "always_log_errors": True,
                "frontend_request": [{"body_bytes": 8192, "headers_to_log": ["x"], "data_masking": [{"headers": [{"mode": "Mask", "value": "y"}], "query_params": []}]}]}),
            ("azurerm_cognitive_account", {"id": oai, "name": "oai", "location": "eastus", "kind": "OpenAI", "endpoint": "https://oai.openai.azure.com/"}),
            ("azurerm_cognitive_deployment", {"name": "chat", "cognitive_account_id": oai, "model": [{"format": "OpenAI", "name": "gpt-4o", "version": "1"}], "sku": [{"name": "Standard", "capacity": 10}]}),
            ("azurerm_monitor_diagnostic_setting", {"name": "all", "target_resource_id": apim, "log_analytics_workspace_id": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/w", "enabled_log": [{"category_group": "allLogs"}], "enabled_metric": [{"category": "AllMetrics"}]}),
            ("azurerm_role_assignment", {"name": "00000000-0000-0000-0000-00000000000b", "scope": oai, "role_definition_name": "Cognitive Services User", "principal_id": "p", "principal_type": "ServicePrincipal"}),
            ("azurerm_virtual_network", {"name": "v"}),
        )
    )  # fmt: skip
    assert any("azurerm_virtual_network is not imported" in warning for warning in imported.warnings)
    catalog = applied(imported, tmp_path)
    team, east, api = catalog.subscription_by_key("p" * 32), catalog.backend("east"), catalog.api("openai")
    assert team is not None and team.scope == "/products/gold"
    assert east is not None and east.headers == (("api-key", "s"),) and east.circuit_breaker is not None
    assert api is not None and api.key_header == "api-key" and len(api.operations) == 3
    diagnostic = catalog.diagnostic("openai")
    assert (diagnostic.logger_id, diagnostic.sampling_percentage, diagnostic.frontend_request.body_bytes) == ("hub", 50.0, 8192)
    assert diagnostic.frontend_request.masked_headers == ("y",)
    assert catalog.configuration.accounts[0].deployments[0].capacity == 10
    assert catalog.configuration.role_assignments[0].scope == oai
    assert any(
        setting.resource_id == catalog.service.resource_id and setting.name == "all"
        for setting in catalog.configuration.diagnostic_settings
    )


def test_what_is_no_state() -> None:
    with pytest.raises(InvalidDocument, match="terraform show -json"):
        import_state({"version": 4})
    with pytest.raises(InvalidDocument, match="azurerm_api_management_product"):
        import_state(state(("azurerm_api_management_product", {})))
    assert all(kind.startswith("azurerm_") for kind in MAKERS)


def test_links_are_not_followed_unless_allowed() -> None:
    template = {
        "resources": [
            {
                "type": "Microsoft.ApiManagement/service/apis",
                "name": "x/a",
                "properties": {"path": "a", "format": "openapi-link", "value": "https://h/x"},
            }
        ]
    }
    with pytest.raises(InvalidDocument, match="must be fetched"):
        import_template(template, {})
    text = yaml.safe_dump(
        {"openapi": "3.0.0", "info": {"title": "T", "version": "1"}, "paths": {"/a": {"get": {"operationId": "A"}}}}
    )
    imported = import_template(template, {}, fetch=lambda link: text)
    assert "~/apis/a/operations/A" in {resource.id for resource in imported.resources}

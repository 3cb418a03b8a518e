# ruff: noqa: E501 - Azure names are long
"""The workshop by Azure's SDK: its management steps, its test call, its row with bodies cut at 8,192 bytes."""

from __future__ import annotations

import json
import time
import uuid
from pathlib import Path
from typing import Any

import httpx
import yaml
from azure.core.credentials import AzureKeyCredential
from azure.core.pipeline.policies import AzureKeyCredentialPolicy
from azure.mgmt.apimanagement import ApiManagementClient, models
from running import Demo, running_demo

from gatelog.catalog.openapi.fetching import builtin_document

SUBSCRIPTION = "22222222-2222-2222-2222-222222222222"
AT = ("workshop", "apim-workshop")
CALL = "/workshop/deployments/text-turbo/chat/completions?api-version=2023-05-15"


class NoCredential:
    def get_token(self, *scopes: str, **options: Any) -> Any:
        raise AssertionError("the authentication policy does the work")


def client_of(demo: Demo) -> ApiManagementClient:
    policy = AzureKeyCredentialPolicy(AzureKeyCredential(demo.admin_key), "Authorization", prefix="Bearer")
    return ApiManagementClient(
        NoCredential(), SUBSCRIPTION, base_url=demo.api, authentication_policy=policy, credential_scopes=["unused"]
    )


def policy(backend: str) -> str:
    return f"""<policies>
    <inbound>
        <base />
        <set-header name="api-key" exists-action="delete" />
        <authentication-managed-identity resource="https://cognitiveservices.azure.com"
            output-token-variable-name="msi-access-token" ignore-error="false" />
        <set-header name="Authorization" exists-action="override">
            <value>@("Bearer " + (string)context.Variables["msi-access-token"])</value>
        </set-header>
        <set-backend-service base-url="{backend}/openai" />
    </inbound>
    <backend><base /></backend>
    <outbound><base /></outbound>
    <on-error><base /></on-error>
</policies>"""


def configure(demo: Demo) -> str:
    """Everything that the workshop clicks together; the subscription key."""
    client = client_of(demo)
    service = client.api_management_service.begin_create_or_update(
        *AT,
        models.ApiManagementServiceResource(
            location="eastus",
            sku=models.ApiManagementServiceSkuProperties(name="Standard", capacity=1),
            publisher_email="owner@contoso.com",
            publisher_name="Contoso",
            identity=models.ApiManagementServiceIdentity(type="SystemAssigned"),
        ),
    ).result()
    names = models.SubscriptionKeyParameterNamesContract(header="api-key", query="api-key")
    api = models.ApiCreateOrUpdateParameter(display_name="miyagi-api", path="workshop", protocols=["https"], subscription_key_parameter_names=names)  # fmt: skip
    client.api.begin_create_or_update(*AT, "miyagi-api", api).result()
    document = json.dumps(yaml.safe_load(builtin_document("azure-openai-2023-05-15")), default=str)
    update = models.ApiCreateOrUpdateParameter(path="workshop", format="openapi+json", value=document)
    client.api.begin_create_or_update(*AT, "miyagi-api", update).result()
    client.product.create_or_update(*AT, "workshop", models.ProductContract(display_name="OpenAi", state="published"))
    client.product_api.create_or_update(*AT, "workshop", "miyagi-api")
    holder = models.SubscriptionCreateParameters(scope="/products/workshop", display_name="aoai-workshop")
    client.subscription.create_or_update(*AT, "aoai-workshop", holder)
    accounts = demo.management(
        "GET", "/subscriptions/00000000-0000-0000-0000-000000000000/providers/Microsoft.CognitiveServices/accounts"
    )
    account = accounts.json()["value"][0]
    assignment = {
        "properties": {
            "roleDefinitionId": "/providers/Microsoft.Authorization/roleDefinitions/a97b65f3-24c7-4388-baec-2e87135dc908",
            "principalId": service.identity.principal_id,
            "principalType": "ServicePrincipal",
        }
    }
    path = f"{account['id']}/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}?api-version=2022-04-01"
    assert demo.management("PUT", path, json=assignment).status_code == 201
    backend = account["properties"]["endpoint"].rstrip("/")
    client.api_policy.create_or_update(*AT, "miyagi-api", "policy", models.PolicyContract(format="rawxml", value=policy(backend)))
    body = models.HttpMessageDiagnostic(body=models.BodyDiagnosticSettings(bytes=8192))
    both = models.PipelineDiagnosticSettings(request=body, response=body)
    diagnostic = models.DiagnosticContract(
        logger_id="/loggers/azuremonitor", sampling=models.SamplingSettings(sampling_type="fixed", percentage=100), frontend=both, backend=both
    )  # fmt: skip
    client.api_diagnostic.create_or_update(*AT, "miyagi-api", "azuremonitor", diagnostic)
    return str(client.subscription.list_secrets(*AT, "aoai-workshop").primary_key)


def call(demo: Demo, key: str, text: str) -> httpx.Response:
    body = {"messages": [{"role": "user", "content": text}], "max_tokens": 16}
    return httpx.post(demo.gateway + CALL, headers={"api-key": key}, json=body, timeout=30)


def test_the_workshop(tmp_path: Path) -> None:
    with running_demo(tmp_path / "data") as demo:
        key = configure(demo)
        started = time.monotonic()
        while (answer := call(demo, key, "Hello!")).status_code != 200:  # the gateway takes each step as it comes
            assert time.monotonic() - started < 5, answer.text
            time.sleep(0.02)
        assert answer.status_code == 200, answer.text
        assert answer.json()["choices"][0]["message"]["content"]
        assert time.monotonic() - started < 2, "the running gateway takes the change in about a second"
        marker = "éé" + "0123456789" * 1000
        assert call(demo, key, marker).status_code == 200
        rows = demo.wait_for(
            "ApiManagementGatewayLogs | where ApiId == 'miyagi-api' and ResponseCode == 200 | order by TimeGenerated asc"
            " | project ApiId, OperationId, ProductId, ApimSubscriptionId, RequestBody, BackendRequestBody, ResponseBody, _ResourceId",
            lambda found: len(found) == 2,
        )
        small, large = rows
        assert (small["OperationId"], small["ProductId"], small["ApimSubscriptionId"]) == (
            "ChatCompletions_Create", "workshop", "aoai-workshop",
        )  # fmt: skip
        assert json.loads(small["RequestBody"])["messages"][0]["content"] == "Hello!"
        assert json.loads(small["ResponseBody"])["model"].startswith("gpt-35-turbo")
        for column in ("RequestBody", "BackendRequestBody"):
            assert 8190 <= len(large[column].encode()) <= 8192, column
            assert large[column].startswith('{"messages"')
        assert (
            large["_ResourceId"]
            .lower()
            .endswith("/resourcegroups/workshop/providers/microsoft.apimanagement/service/apim-workshop")
        )
        activity = demo.wait_for(
            "AzureActivity | where OperationNameValue =~ 'MICROSOFT.APIMANAGEMENT/SERVICE/SUBSCRIPTIONS/LISTSECRETS/ACTION'",
            lambda found: len(found) >= 1,
        )
        assert activity[0]["Caller"] == "admin"

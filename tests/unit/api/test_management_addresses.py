# ruff: noqa: E501 - one case on one line
"""Paths of the management API -> what they name."""

from __future__ import annotations

import doctest

import pytest

from gatelog.api.management import described, writing
from gatelog.api.management.actions import ACTIONS
from gatelog.api.management.addresses import address_of
from gatelog.catalog.kinds.table import KINDS

SERVICE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ApiManagement/service/apim"
ACCOUNT = "/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/a"


@pytest.mark.parametrize(
    ("path", "identity", "kind", "tail"),
    [
        (SERVICE, "~", "service", ""),
        (f"{SERVICE}/apis", "~", "apis", "apis"),
        (f"{SERVICE}/apis/openai", "~/apis/openai", "apis", ""),
        (f"{SERVICE}/apis/openai%3Brev%3D2", "~/apis/openai;rev=2", "apis", ""),
        (f"{SERVICE}/APIS/openai/Operations/chat/policies/policy", "~/APIS/openai/Operations/chat/policies/policy", "policies", ""),
        (f"{SERVICE}/subscriptions/x/listSecrets", "~/subscriptions/x", None, "listSecrets"),
        (f"{SERVICE}/apis/a/revisions", "~/apis/a", None, "revisions"),
        (f"{SERVICE}/providers/Microsoft.Insights/diagnosticSettings", "~", "diagnosticSettings", "diagnosticSettings"),
        (f"{SERVICE}/providers/microsoft.insights/diagnosticSettings/x", "~/providers/microsoft.insights/diagnosticSettings/x", "diagnosticSettings", ""),
        (f"{ACCOUNT}/deployments/d", f"{ACCOUNT}/deployments/d", "deployments", ""),
        (f"{ACCOUNT}/listKeys", ACCOUNT, None, "listKeys"),
        ("/subscriptions/s/resourceGroups/g", "/subscriptions/s/resourceGroups/g", "resourceGroups", ""),
        ("/subscriptions/s/resourcegroups", "/subscriptions/s", "resourceGroups", "resourcegroups"),
    ],
)  # fmt: skip
def test_addresses(path: str, identity: str, kind: str | None, tail: str) -> None:
    address = address_of(path, SERVICE)
    assert (address.id, address.kind.collection if address.kind else None, address.tail) == (identity, kind, tail)


def test_examples_in_the_documentation() -> None:
    assert doctest.testmod(writing).failed == 0
    assert doctest.testmod(described).failed == 0


def test_every_kind_and_action_is_described() -> None:
    paths = described.management_document()["paths"]
    for kind in KINDS.values():
        path = described.item_path(kind)
        assert {"get", "put", "delete"} <= set(paths[path]), kind.type
        address = address_of(path.replace("{", "").replace("}", ""), SERVICE)
        assert address.is_resource and address.kind is kind, path
    assert sum("post" in item for item in paths.values()) == len(ACTIONS)
    for action in ACTIONS:
        assert action.kind in KINDS

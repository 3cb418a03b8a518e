"""Which file of the folder holds which resource.

service.yaml  policy.xml  named-values.yaml
apis/ID/{api.yaml, openapi.json|yaml, policy.xml, diagnostic.yaml, operations/OP/{operation.yaml, policy.xml}, schemas/ID.json}
products/ID/{product.yaml, policy.xml}
fragments/ID.xml  certificates/ID.pem
version-sets, backends, subscriptions, loggers, diagnostics, users, groups, tags: FOLDER/ID.yaml
accounts, workspaces, diagnostic-settings, role-assignments: FOLDER/ID.yaml
"""

from __future__ import annotations

from types import MappingProxyType

SIMPLE_FOLDERS = MappingProxyType(
    {
        "version-sets": "apiVersionSets",
        "backends": "backends",
        "subscriptions": "subscriptions",
        "loggers": "loggers",
        "diagnostics": "diagnostics",
        "users": "users",
        "groups": "groups",
        "tags": "tags",
    }
)
"""Folder -> collection of the service, one file for each resource."""

GROUPED_FOLDERS = MappingProxyType(
    {"accounts": "Microsoft.CognitiveServices/accounts", "workspaces": "Microsoft.OperationalInsights/workspaces"}
)
"""Folder -> ARM type of resources that stand in a resource group."""

EXTENSION_FOLDERS = MappingProxyType(
    {
        "diagnostic-settings": "Microsoft.Insights/diagnosticSettings",
        "role-assignments": "Microsoft.Authorization/roleAssignments",
    }
)
"""Folder -> ARM type of resources that stand on another one, which the property `resource` names."""

FOLDERS = (
    "apis", "products", "fragments", "certificates", *SIMPLE_FOLDERS, *GROUPED_FOLDERS, *EXTENSION_FOLDERS,
)  # fmt: skip
"""Every folder that a configuration may have."""

FILES = ("service.yaml", "policy.xml", "named-values.yaml", "gatelog.yaml")
"""Files at the top; `gatelog.yaml` holds settings of the program and is not read here."""

DEFAULT_GROUP = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/gatelog"
"""Where an account or a workspace stands whose file does not say."""

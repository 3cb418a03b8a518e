# ruff: noqa: E501 - a table reads better with one property on one line
"""What stands around the gateway: Azure OpenAI accounts, workspaces, diagnostic settings, role assignments, resource groups."""

from __future__ import annotations

from gatelog.catalog.durations import expected_guid
from gatelog.catalog.kinds.kind import TAGGED, Kind, Reference, flag, kept, made, text
from gatelog.catalog.shapes import Anything, Choice, Field, ListOf, Record, Text, Whole

AZURE_NAME = r"[A-Za-z0-9][A-Za-z0-9._()-]{0,126}"

ACCOUNT = Kind(
    type="Microsoft.CognitiveServices/accounts",
    title="Azure OpenAI account",
    doc="Calls whose backend URL starts with its endpoint are its: they give the account's rows of AzureDiagnostics and its metrics.",
    names=AZURE_NAME,
    properties=Record(
        (
            text("endpoint", "`https://name.openai.azure.com/`; made from the name when absent."),
            text("customSubDomainName", "First label of the endpoint."),
            Field(name="key1", shape=Text(), doc="First key; made when absent; see listKeys.", secret=True, write_only=True),
            Field(name="key2", shape=Text(), doc="Second key.", secret=True, write_only=True),
            *(
                kept(name)
                for name in (
                    "publicNetworkAccess", "networkAcls", "disableLocalAuth", "apiProperties", "encryption", "userOwnedStorage",
                    "restrictOutboundNetworkAccess", "allowedFqdnList", "dynamicThrottlingEnabled", "restore", "allowProjectManagement",
                )
            ),
            *(
                made(name)
                for name in (
                    "provisioningState", "endpoints", "internalId", "capabilities", "dateCreated", "callRateLimit", "isMigrated",
                    "quotaLimit", "skuChangeInfo", "privateEndpointConnections", "deletionDate", "scheduledPurgeDate",
                )
            ),
        )
    ),
    envelope=TAGGED,
)  # fmt: skip

DEPLOYMENT = Kind(
    type="Microsoft.CognitiveServices/accounts/deployments",
    title="Model deployment",
    doc="A model under a name of its own, inside an Azure OpenAI account.",
    names=AZURE_NAME,
    properties=Record(
        (
            Field(
                name="model",
                shape=Record(
                    (
                        text("name", "`gpt-4o-mini`.", required=True),
                        text("version", "`2024-07-18`."),
                        text("format", "`OpenAI`."),
                        text("publisher", "Who made it."),
                        made("callRateLimit"),
                        kept("source"),
                        kept("sourceAccount"),
                    )
                ),
                doc="The model.",
                required=True,
            ),
            kept("scaleSettings"),
            text("raiPolicyName", "Content filter; kept."),
            text("versionUpgradeOption", "Kept."),
            kept("capacitySettings"),
            text("parentDeploymentName", "Kept."),
            text("spilloverDeploymentName", "Kept."),
            made("provisioningState"),
            made("capabilities"),
            made("rateLimits"),
            made("callRateLimit"),
            made("dynamicThrottlingEnabled"),
        )
    ),
    envelope=Record(
        (
            Field(
                name="sku",
                shape=Record(
                    (
                        text("name", "`Standard`, `GlobalStandard`, `ProvisionedManaged`, ...", required=True),
                        Field(name="capacity", shape=Whole(0, 1_000_000), doc="Thousands of tokens a minute, or PTUs."),
                        kept("tier"),
                        kept("size"),
                        kept("family"),
                    )
                ),
                doc="How it is sold.",
            ),
            Field(name="tags", shape=Anything(), doc="Free labels."),
            Field(name="systemData", shape=Anything(), doc="Who changed it last.", read_only=True),
            Field(name="etag", shape=Text(), doc="Its version.", read_only=True),
        )
    ),
)

WORKSPACE = Kind(
    type="Microsoft.OperationalInsights/workspaces",
    title="Log Analytics workspace",
    doc="Where rows go. `customerId` is the id that query clients name.",
    names=r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?",
    properties=Record(
        (
            Field(name="customerId", shape=Text(test=expected_guid), doc="GUID of the query API; made when absent."),
            Field(name="retentionInDays", shape=Whole(-1, 4383), doc="How long rows are kept; absent or -1: for ever."),
            *(
                kept(name)
                for name in (
                    "sku", "features", "workspaceCapping", "publicNetworkAccessForIngestion", "publicNetworkAccessForQuery",
                    "forceCmkForQuery", "defaultDataCollectionRuleResourceId", "replication", "failover",
                )
            ),
            *(made(name) for name in ("provisioningState", "createdDate", "modifiedDate", "privateLinkScopedResources")),
        )
    ),
    envelope=TAGGED,
)  # fmt: skip

RETENTION = Record((flag("enabled", "Kept."), Field(name="days", shape=Whole(), doc="Kept.")))

DIAGNOSTIC_SETTING = Kind(
    type="Microsoft.Insights/diagnosticSettings",
    title="Diagnostic setting",
    doc="Which categories of a resource's logs and metrics go to the workspace, to an event hub, or to storage.",
    names=r"[^*<>%&:\\?/+]{1,260}",
    extension=True,
    properties=Record(
        (
            text("workspaceId", "The Log Analytics workspace."),
            text("eventHubAuthorizationRuleId", "The Event Hubs namespace's rule."),
            text("eventHubName", "The hub; a logger of the service with this hub sends there."),
            text("storageAccountId", "The storage account."),
            text("serviceBusRuleId", "Kept, without effect."),
            text("marketplacePartnerId", "Kept, without effect."),
            text("logAnalyticsDestinationType", "`Dedicated`: resource-specific tables, which is what gatelog always does."),
            Field(
                name="logs",
                shape=ListOf(
                    Record(
                        (
                            text("category", "`GatewayLogs`, `RequestResponse`, ..."),
                            text("categoryGroup", "`allLogs` or `audit`."),
                            flag("enabled", "Whether it goes.", default=False),
                            Field(name="retentionPolicy", shape=RETENTION, doc="Kept."),
                        )
                    )
                ),
                doc="Log categories or category groups.",
            ),
            Field(
                name="metrics",
                shape=ListOf(
                    Record(
                        (
                            text("category", "`AllMetrics`."),
                            flag("enabled", "Whether they go.", default=False),
                            text("timeGrain", "Kept."),
                            Field(name="retentionPolicy", shape=RETENTION, doc="Kept."),
                        )
                    )
                ),
                doc="Metric categories.",
            ),
        )
    ),
    references=(Reference(path="workspaceId", collection="Microsoft.OperationalInsights/workspaces"),),
    envelope=Record((made("systemData"), made("kind"), made("location"), made("tags"), made("identity"), made("etag"))),
)

ROLE_ASSIGNMENT = Kind(
    type="Microsoft.Authorization/roleAssignments",
    title="Role assignment",
    doc="Gives a principal a role at a scope: to people in the management API, to managed identities on Azure OpenAI accounts.",
    extension=True,
    properties=Record(
        (
            text("roleDefinitionId", "The role, by ARM id or GUID.", required=True),
            text("principalId", "Object id of the user, group or identity.", required=True),
            Field(
                name="principalType",
                shape=Choice(("User", "Group", "ServicePrincipal", "ForeignGroup", "Device")),
                doc="What the principal is.",
                default="User",
            ),
            text("description", "Why."),
            kept("condition", "Refused: conditions are not evaluated."),
            kept("conditionVersion"),
            text("delegatedManagedIdentityResourceId", "Kept."),
            made("scope"),
            made("createdOn"),
            made("updatedOn"),
            made("createdBy"),
            made("updatedBy"),
        )
    ),
)

RESOURCE_GROUP = Kind(
    type="Microsoft.Resources/subscriptions/resourceGroups",
    title="Resource group",
    doc="Part of the ids of resources; exists as soon as something stands in it.",
    names=r"[A-Za-z0-9._()-]{1,90}",
    properties=Record((made("provisioningState"),)),
    envelope=Record((text("location", "Kept."), Field(name="tags", shape=Anything(), doc="Kept."), kept("managedBy"))),
)

ALL = (ACCOUNT, DEPLOYMENT, WORKSPACE, DIAGNOSTIC_SETTING, ROLE_ASSIGNMENT, RESOURCE_GROUP)

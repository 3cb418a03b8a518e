# ruff: noqa: E501 - a table reads better with one property on one line
"""How calls are treated: the service, policies, backends, named values, loggers, diagnostics, certificates."""

from __future__ import annotations

from gatelog.catalog.durations import expected_duration
from gatelog.catalog.kinds.kind import TAGGED, Kind, Reference, flag, kept, made, text
from gatelog.catalog.shapes import Anything, Choice, Field, ListOf, MapOf, Number, Record, Text, Whole

API_SERVICE = "Microsoft.ApiManagement/service"

SERVICE = Kind(
    type=API_SERVICE,
    title="Service",
    doc="The API Management service that this gateway is. There is one; its name becomes part of every `_ResourceId`.",
    names=r"[A-Za-z](?:[A-Za-z0-9-]{0,48}[A-Za-z0-9])?",
    properties=Record(
        (
            text("publisherEmail", "Who runs it."),
            text("publisherName", "Who runs it."),
            text("notificationSenderEmail", "Kept, without effect."),
            Field(
                name="customProperties",
                shape=MapOf(Text()),
                doc="Names that start with `gatelog.` are switches of the gateway (`gatelog.error-format`, `gatelog.policy-mode`); others are kept.",
            ),
            *(
                kept(name)
                for name in (
                    "hostnameConfigurations", "virtualNetworkConfiguration", "additionalLocations", "certificates",
                    "enableClientCertificate", "natGatewayState", "disableGateway", "virtualNetworkType", "apiVersionConstraint",
                    "restore", "publicNetworkAccess", "publicIpAddressId", "configurationApi", "legacyPortalStatus",
                    "developerPortalStatus", "releaseChannel", "zoneRedundant",
                )
            ),
            *(
                made(name)
                for name in (
                    "provisioningState", "targetProvisioningState", "createdAtUtc", "gatewayUrl", "gatewayRegionalUrl", "portalUrl",
                    "managementApiUrl", "scmUrl", "developerPortalUrl", "publicIPAddresses", "privateIPAddresses",
                    "outboundPublicIPAddresses", "privateEndpointConnections", "platformVersion",
                )
            ),
        )
    ),
    envelope=TAGGED,
)  # fmt: skip

POLICY_PROPERTIES = Record(
    (
        Field(name="value", shape=Text(longest=4 << 20), doc="The policy document, or a link to it.", required=True),
        Field(
            name="format",
            shape=Choice(("xml", "xml-link", "rawxml", "rawxml-link")),
            doc="`xml` escapes what stands inside expressions, `rawxml` does not. Stored as `rawxml`.",
            default="xml",
        ),
    )
)


def _policy(scope: str, title: str, doc: str) -> Kind:
    return Kind(type=f"{API_SERVICE}{scope}/policies", title=title, doc=doc, properties=POLICY_PROPERTIES, names="policy")


POLICIES = (
    _policy("", "Service policy", "Applies to every API: the outermost `<base/>`."),
    _policy("/products", "Product policy", "Applies to calls with a key of the product, or to an open product."),
    _policy("/apis", "API policy", "Applies to all operations of an API."),
    _policy("/apis/operations", "Operation policy", "Applies to one operation."),
)

FRAGMENT = Kind(
    type=f"{API_SERVICE}/policyFragments",
    title="Policy fragment",
    doc="Statements that `include-fragment` inserts. A fragment includes no other fragment.",
    properties=Record(
        (
            Field(name="value", shape=Text(longest=512 << 10), doc="`<fragment>` with its statements.", required=True),
            Field(name="format", shape=Choice(("xml", "rawxml")), doc="As for policies.", default="xml"),
            text("description", "What it does.", longest=1000),
            made("provisioningState"),
        )
    ),
)

CREDENTIALS = Record(
    (
        Field(
            name="header",
            shape=MapOf(ListOf(Text())),
            doc="Headers set on each call: `api-key: ['{{openai-key}}']`.",
            secret=True,
        ),
        Field(name="query", shape=MapOf(ListOf(Text())), doc="Query parameters set on each call.", secret=True),
        Field(
            name="authorization",
            shape=Record(
                (text("scheme", "`Basic`, `Bearer`.", required=True), text("parameter", "What follows.", required=True))
            ),
            doc="The Authorization header.",
            secret=True,
        ),
        Field(name="certificateIds", shape=ListOf(Text()), doc="Client certificates (`certificates/{id}`)."),
        Field(name="certificate", shape=ListOf(Text()), doc="Thumbprints; refused in favour of `certificateIds`."),
        Field(
            name="managedIdentity",
            shape=Record(
                (text("resource", "Audience of the token.", required=True), text("clientId", "User-assigned identity."))
            ),
            doc="Sends a managed-identity token.",
        ),
    )
)

BREAKER_RULE = Record(
    (
        text("name", "Name of the rule."),
        Field(
            name="failureCondition",
            shape=Record(
                (
                    Field(name="count", shape=Whole(1, 1_000_000), doc="Failures that trip it."),
                    Field(name="percentage", shape=Whole(1, 100), doc="Failures in per cent that trip it."),
                    Field(name="interval", shape=Text(test=expected_duration), doc="ISO 8601: `PT1M`."),
                    Field(
                        name="statusCodeRanges",
                        shape=ListOf(
                            Record(
                                (
                                    Field(name="min", shape=Whole(100, 599), doc="First.", required=True),
                                    Field(name="max", shape=Whole(100, 599), doc="Last.", required=True),
                                )
                            ),
                            most=10,
                        ),
                        doc="Answers that count as failures.",
                    ),
                    Field(
                        name="errorReasons",
                        shape=ListOf(Text(longest=200), most=10),
                        doc="`BackendConnectionFailure`, `Timeout`, ...",
                    ),
                )
            ),
            doc="What trips it.",
            required=True,
        ),
        Field(name="tripDuration", shape=Text(test=expected_duration), doc="ISO 8601: how long it stays open.", required=True),
        flag("acceptRetryAfter", "A Retry-After header sets how long it stays open."),
    )
)

BACKEND = Kind(
    type=f"{API_SERVICE}/backends",
    title="Backend",
    doc="Where calls go: one URL with credentials and a circuit breaker, or a pool of other backends.",
    properties=Record(
        (
            text("url", "Base URL.", longest=2000),
            Field(name="protocol", shape=Choice(("http", "soap")), doc="`http`.", default="http"),
            Field(name="type", shape=Choice(("Single", "Pool")), doc="Whether it is a pool.", default="Single"),
            text("title", "Title.", longest=300),
            text("description", "What it is for.", longest=2000),
            text("resourceId", "Kept, without effect.", longest=2000),
            Field(name="credentials", shape=CREDENTIALS, doc="What calls carry."),
            Field(
                name="proxy",
                shape=Record(
                    (
                        text("url", "Address.", required=True),
                        text("username", "Name."),
                        Field(name="password", shape=Text(), doc="Password.", secret=True),
                    )
                ),
                doc="Refused: proxies are not supported.",
            ),
            Field(
                name="tls",
                shape=Record(
                    (
                        flag("validateCertificateChain", "Check the chain.", default=True),
                        flag("validateCertificateName", "Check the host name.", default=True),
                        kept("serverX509Names"),
                        kept("serverCertificateThumbprints"),
                    )
                ),
                doc="How its certificate is checked.",
            ),
            Field(name="circuitBreaker", shape=Record((Field(name="rules", shape=ListOf(BREAKER_RULE, most=1), doc="One rule."),)), doc="When it is left alone."),
            Field(
                name="pool",
                shape=Record(
                    (
                        Field(
                            name="services",
                            shape=ListOf(
                                Record(
                                    (
                                        text("id", "The backend.", required=True),
                                        Field(name="priority", shape=Whole(0, 100), doc="Lowest first."),
                                        Field(name="weight", shape=Whole(0, 100), doc="Share inside one priority."),
                                    )
                                ),
                                most=30,
                            ),
                            doc="Its members.",
                            required=True,
                        ),
                        kept("sessionAffinity"),
                        kept("failureResponse"),
                    )
                ),
                doc="Members of a pool.",
            ),
            kept("properties", "Service Fabric, refused."),
            kept("azureRegion"),
        )
    ),
    references=(
        Reference(path="pool.services[].id", collection="backends"),
        Reference(path="credentials.certificateIds[]", collection="certificates"),
    ),
)  # fmt: skip

KEY_VAULT = Record(
    (
        text(
            "secretIdentifier",
            "`env:NAME` reads an environment variable, `file:PATH` a file. Vault addresses are refused.",
            required=True,
        ),
        text("identityClientId", "Kept, without effect."),
        made("lastStatus"),
    )
)

NAMED_VALUE = Kind(
    type=f"{API_SERVICE}/namedValues",
    title="Named value",
    doc="Text that policies name as `{{name}}`; replaced when the configuration is compiled.",
    names=r"[^*#&+:<>?/]{1,256}",
    properties=Record(
        (
            text("displayName", "The name inside `{{ }}`.", required=True, pattern=r"[A-Za-z0-9._-]+", longest=256),
            Field(name="value", shape=Text(longest=4096), doc="Its text; shown by GET unless `secret` is set.", secret=True),
            flag("secret", "Never shown but by listValue."),
            Field(name="tags", shape=ListOf(Text(longest=160), most=32), doc="Labels."),
            Field(name="keyVault", shape=KEY_VAULT, doc="Where the text comes from instead."),
            made("provisioningState"),
        )
    ),
)

LOGGER = Kind(
    type=f"{API_SERVICE}/loggers",
    title="Logger",
    doc="Where `log-to-eventhub` and diagnostics send.",
    properties=Record(
        (
            Field(
                name="loggerType",
                shape=Choice(("azureEventHub", "applicationInsights", "azureMonitor")),
                doc="What it is.",
                required=True,
            ),
            text("description", "What it is for.", longest=256),
            Field(
                name="credentials",
                shape=MapOf(Text()),
                doc="`name` (hub) with `connectionString`, or with `endpointAddress` and `identityClientId`; `instrumentationKey`.",
                secret=True,
            ),
            flag("isBuffered", "Kept: messages always wait in the journal, on disk.", default=True),
            text("resourceId", "ARM id of the target."),
        )
    ),
)

MASKED = Record(
    (
        text("value", "Name.", required=True),
        Field(name="mode", shape=Choice(("Mask", "Hide")), doc="What is done.", default="Mask"),
    )
)

MESSAGE = Record(
    (
        Field(name="headers", shape=ListOf(Text()), doc="Headers to log; empty: all of them, credentials excepted."),
        Field(
            name="body",
            shape=Record((Field(name="bytes", shape=Whole(0, 2**31), doc="The cut.", required=True),)),
            doc="Bytes of the body to log: 0 for none. Absent: the complete body.",
        ),
        Field(
            name="dataMasking",
            shape=Record(
                (
                    Field(name="headers", shape=ListOf(MASKED), doc="Headers to mask or to hide."),
                    Field(name="queryParams", shape=ListOf(MASKED), doc="Query parameters to mask or to hide."),
                )
            ),
            doc="What is not shown.",
        ),
    )
)

DIRECTIONS = Record(
    (Field(name="request", shape=MESSAGE, doc="The request."), Field(name="response", shape=MESSAGE, doc="The response."))
)

LLM_MESSAGES = Record(
    (
        Field(name="messages", shape=Choice(("all", "errors")), doc="Which calls' messages are kept."),
        Field(name="maxSizeInBytes", shape=Whole(0, 2**31), doc="Cap on one call's messages; 0 or absent: none."),
    )
)

DIAGNOSTIC_PROPERTIES = Record(
    (
        text("loggerId", "The logger; `azuremonitor` always exists.", required=True),
        Field(name="alwaysLog", shape=Choice(("allErrors",)), doc="Errors are logged even when sampling leaves a call out."),
        Field(
            name="sampling",
            shape=Record(
                (
                    Field(name="samplingType", shape=Choice(("fixed",)), doc="How.", default="fixed"),
                    Field(name="percentage", shape=Number(0, 100), doc="Share of calls that are logged.", default=100.0),
                )
            ),
            doc="How many calls are logged.",
        ),
        Field(name="frontend", shape=DIRECTIONS, doc="What the caller sent and got."),
        Field(name="backend", shape=DIRECTIONS, doc="What the backend got and sent."),
        Field(name="verbosity", shape=Choice(("verbose", "information", "error")), doc="Least severity of `trace` that is logged.", default="information"),
        flag("logClientIp", "Log the caller's address.", default=True),
        Field(name="httpCorrelationProtocol", shape=Choice(("None", "Legacy", "W3C")), doc="Kept, without effect."),
        Field(name="operationNameFormat", shape=Choice(("Name", "Url")), doc="Kept, without effect."),
        flag("metrics", "Kept, without effect."),
        Field(
            name="largeLanguageModel",
            shape=Record(
                (
                    Field(name="logs", shape=Choice(("enabled", "disabled")), doc="Rows of ApiManagementGatewayLlmLog carry messages."),
                    Field(name="requests", shape=LLM_MESSAGES, doc="Prompts."),
                    Field(name="responses", shape=LLM_MESSAGES, doc="Completions."),
                )
            ),
            doc="What is logged of prompts and completions.",
        ),
    )
)  # fmt: skip

_LOGGER_REFERENCE = (Reference(path="loggerId", collection="loggers", built_in=("azuremonitor",)),)

DIAGNOSTIC = Kind(
    type=f"{API_SERVICE}/diagnostics",
    title="Diagnostic",
    doc="What is recorded of every API's calls. `azuremonitor` rules the log tables; other names are kept.",
    properties=DIAGNOSTIC_PROPERTIES,
    references=_LOGGER_REFERENCE,
    names="azuremonitor|applicationinsights|local",
)

API_DIAGNOSTIC = Kind(
    type=f"{API_SERVICE}/apis/diagnostics",
    title="Diagnostic of an API",
    doc="What is recorded of one API's calls, in place of the service's diagnostic.",
    properties=DIAGNOSTIC_PROPERTIES,
    references=_LOGGER_REFERENCE,
    names="azuremonitor|applicationinsights|local",
)

CERTIFICATE = Kind(
    type=f"{API_SERVICE}/certificates",
    title="Certificate",
    doc="A certificate with its key, for backends and policies.",
    properties=Record(
        (
            Field(name="data", shape=Text(longest=1 << 20), doc="PKCS #12 in base64, or PEM (certificate and key).", secret=True, write_only=True),
            Field(name="password", shape=Text(), doc="Password of the PKCS #12 data.", secret=True, write_only=True),
            Field(name="keyVault", shape=Anything(), doc="Refused: give the data itself."),
            made("subject"),
            made("thumbprint"),
            made("expirationDate"),
        )
    ),
)  # fmt: skip

ALL = (SERVICE, *POLICIES, FRAGMENT, BACKEND, NAMED_VALUE, LOGGER, DIAGNOSTIC, API_DIAGNOSTIC, CERTIFICATE)

"""The configured things, as frozen values. Field names follow the ARM resources of Microsoft.ApiManagement
(api-version 2024-05-01), in Python's spelling. `id` is the short resource name (`openai`), never the full ARM id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The API Management service that this gateway is."""

    id: str = "gatelog"
    resource_id: str = (
        "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/gatelog"
        "/providers/Microsoft.ApiManagement/service/gatelog"
    )
    region: str = "local"
    gateway_url: str = "http://127.0.0.1:8080"
    tenant_id: str = "00000000-0000-0000-0000-000000000000"
    principal_id: str = "00000000-0000-0000-0000-000000000001"
    """Object id of the system-assigned managed identity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateParameter:
    """One `{name}` of a URL template, or a required query parameter."""

    name: str
    type: str = "string"
    required: bool = True
    default: str = ""
    description: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A sample body of an operation, for mock-response and the test console."""

    status: int
    """0: of the request."""
    content_type: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation of an API."""

    id: str
    name: str
    """Display name."""
    method: str
    url_template: str
    """`/deployments/{deployment-id}/chat/completions?api-version={api-version}`."""
    parameters: tuple[TemplateParameter, ...] = ()
    description: str = ""
    examples: tuple[Example, ...] = ()
    schemas: Mapping[str, object] = field(default_factory=dict)
    """Request and response schemas (`request:application/json`, `200:application/json`) for validate-content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """An API: operations below a path suffix."""

    id: str
    name: str
    """Display name."""
    path: str
    """URL suffix without slashes at its ends; empty: the root."""
    service_url: str = ""
    protocols: tuple[str, ...] = ("https",)
    subscription_required: bool = True
    key_header: str = "Ocp-Apim-Subscription-Key"
    key_query: str = "subscription-key"
    revision: str = "1"
    is_current: bool = True
    version: str = ""
    type: str = "http"
    """`http` or `websocket`."""
    operations: tuple[Operation, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A product: APIs offered together."""

    id: str
    name: str
    description: str = ""
    subscription_required: bool = True
    approval_required: bool = False
    subscriptions_limit: int | None = None
    published: bool = True
    api_ids: frozenset[str] = frozenset()
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A key holder."""

    id: str
    name: str
    scope: str
    """`/products/{id}`, `/apis/{id}`, `/apis`, or `/` for the whole service."""
    primary_key: str = field(repr=False)
    secondary_key: str = field(repr=False)
    state: str = "active"
    """`active`, `suspended`, `submitted`, `rejected`, `cancelled`, `expired`."""
    owner_id: str = ""
    allow_tracing: bool = False
    created: int = 0
    """Seconds since 1970."""
    start: int = 0
    end: int = 0
    """0: no end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A developer account; only what policies and products need."""

    id: str
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    note: str = ""
    registered: int = 0
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitBreaker:
    """When a backend is left alone for a while."""

    count: int = 0
    """Failures in `interval` that trip it; 0: by percentage."""
    percentage: int = 0
    interval: float = 60.0
    """Seconds."""
    status_ranges: tuple[tuple[int, int], ...] = ()
    error_reasons: tuple[str, ...] = ()
    trip_duration: float = 60.0
    """Seconds."""
    accept_retry_after: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolMember:
    """One backend of a pool."""

    backend_id: str
    priority: int = 0
    """Lowest first."""
    weight: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """Where calls go: one URL, or a pool of other backends."""

    id: str
    url: str = ""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Credentials: headers set on each forwarded request."""
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    authorization: str = field(default="", repr=False)
    """Scheme and parameter of an Authorization header."""
    identity_resource: str = ""
    """Audience of a managed-identity token to send; empty: none."""
    certificate_ids: tuple[str, ...] = ()
    validate_chain: bool = True
    validate_name: bool = True
    circuit_breaker: CircuitBreaker | None = None
    pool: tuple[PoolMember, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedValue:
    """Text that policies name as `{{name}}`."""

    id: str
    name: str
    """What `{{...}}` says."""
    value: str = field(repr=False)
    secret: bool = False
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Logger:
    """Where log-to-eventhub sends."""

    id: str
    type: str = "azureEventHub"
    """`azureEventHub`, `applicationInsights`, `azureMonitor`."""
    credentials: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    description: str = ""
    buffered: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """What a diagnostic keeps of one message in one direction."""

    body_bytes: int | None = None
    """None: complete; 0: nothing; else the cut, as Azure cuts."""
    headers: tuple[str, ...] = ()
    """Header names to log; empty: all of them but credentials."""
    masked_headers: tuple[str, ...] = ()
    hidden_headers: tuple[str, ...] = ()
    masked_query: tuple[str, ...] = ()
    hidden_query: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """What is recorded of an API's calls (`diagnostics/azuremonitor`); the service's applies where the API has none."""

    id: str = "azuremonitor"
    logger_id: str = "azuremonitor"
    sampling_percentage: float = 100.0
    always_log_errors: bool = True
    verbosity: str = "information"
    log_client_ip: bool = True
    frontend_request: Capture = Capture()
    frontend_response: Capture = Capture()
    backend_request: Capture = Capture()
    backend_response: Capture = Capture()
    llm_messages: bool = True
    llm_max_request_bytes: int = 0
    """0: no limit."""
    llm_max_response_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A model deployment of an Azure OpenAI account."""

    name: str
    model: str
    version: str = ""
    sku: str = "Standard"
    """`Standard`, `GlobalStandard`, `ProvisionedManaged`, ..."""
    capacity: int = 0
    """Thousands of tokens a minute, or PTUs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An Azure OpenAI account (Microsoft.CognitiveServices/accounts): calls whose backend URL starts with its endpoint."""

    id: str
    resource_id: str
    endpoint: str
    """`http://127.0.0.1:8090/` or `https://name.openai.azure.com/`."""
    location: str = "eastus"
    deployments: tuple[Deployment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosticSetting:
    """Which categories of a resource's logs and metrics go where (Microsoft.Insights/diagnosticSettings)."""

    name: str
    resource_id: str
    log_categories: frozenset[str] = frozenset()
    """Categories; the groups `allLogs` and `audit` stay as they are written."""
    metric_categories: frozenset[str] = frozenset()
    workspace_id: str = ""
    event_hub: str = ""
    storage_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDocument:
    """The policy text of one scope."""

    scope: str
    """`global`, `product:{id}`, `api:{id}`, `operation:{api}/{operation}`."""
    xml: str
    path: str = ""
    """Where it came from, for messages: a file or a resource id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """A policy fragment."""

    id: str
    xml: str
    description: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleAssignment:
    """A role of a principal at a scope (Microsoft.Authorization/roleAssignments)."""

    id: str
    scope: str
    role_definition_id: str
    principal_id: str
    principal_type: str = "User"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A Log Analytics workspace; `customer_id` is the GUID that the query API names."""

    id: str
    resource_id: str
    customer_id: str
    retention_days: int = 0
    """0: keep for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Everything that is configured, before it is compiled. Ids are unique in each collection, references are by id."""

    service: Service = Service()
    apis: tuple[Api, ...] = ()
    products: tuple[Product, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    users: tuple[User, ...] = ()
    backends: tuple[Backend, ...] = ()
    named_values: tuple[NamedValue, ...] = ()
    loggers: tuple[Logger, ...] = ()
    fragments: tuple[Fragment, ...] = ()
    policies: tuple[PolicyDocument, ...] = ()
    service_diagnostic: Diagnostic = Diagnostic()
    api_diagnostics: Mapping[str, Diagnostic] = field(default_factory=dict)
    accounts: tuple[Account, ...] = ()
    diagnostic_settings: tuple[DiagnosticSetting, ...] = ()
    role_assignments: tuple[RoleAssignment, ...] = ()
    workspaces: tuple[Workspace, ...] = ()
    certificates: Mapping[str, str] = field(default_factory=dict)
    """Certificate id -> PEM (certificate and key)."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Switches of the product itself: `policy-mode:{api}` = `safe`|`strict`, `error-format` = `azure`|`openai`, ..."""

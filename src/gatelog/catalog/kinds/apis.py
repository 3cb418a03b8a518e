"""What callers see: APIs, operations, products, subscriptions, users and groups."""

from __future__ import annotations

from gatelog.catalog.kinds.kind import Kind, Reference, flag, kept, made, text
from gatelog.catalog.shapes import Anything, Choice, Field, ListOf, MapOf, Record, Text, Whole

SERVICE = "Microsoft.ApiManagement/service"

KEY_NAMES = Record((text("header", "Header name."), text("query", "Query parameter name.")))

PARAMETER = Record(
    (
        text("name", "Name.", required=True),
        text("type", "JSON type.", default="string"),
        text("description", "What it is."),
        text("defaultValue", "Value that the test console proposes."),
        flag("required", "Whether it must be given."),
        Field(name="values", shape=ListOf(Text()), doc="Allowed values."),
        text("schemaId", "Schema of its value."),
        text("typeName", "Type inside that schema."),
        kept("examples"),
    )
)

REPRESENTATION = Record(
    (
        text("contentType", "Media type.", required=True),
        text("schemaId", "Schema of the API (`apis/schemas`)."),
        text("typeName", "Component inside that schema."),
        Field(name="formParameters", shape=ListOf(PARAMETER), doc="Fields of a form."),
        Field(
            name="examples",
            shape=MapOf(
                Record((text("summary", "Title."), text("description", "More."), text("externalValue", "A link."), kept("value")))
            ),
            doc="Sample bodies: `mock-response` and the test console use the first.",
        ),
        kept("sample"),
    )
)

REQUEST = Record(
    (
        text("description", "What it carries."),
        Field(name="queryParameters", shape=ListOf(PARAMETER), doc="Optional query parameters."),
        Field(name="headers", shape=ListOf(PARAMETER), doc="Headers."),
        Field(name="representations", shape=ListOf(REPRESENTATION), doc="Bodies."),
    )
)

RESPONSE = Record(
    (
        Field(name="statusCode", shape=Whole(0, 999), doc="HTTP status.", required=True),
        text("description", "When it is given."),
        Field(name="headers", shape=ListOf(PARAMETER), doc="Headers."),
        Field(name="representations", shape=ListOf(REPRESENTATION), doc="Bodies."),
    )
)

API = Kind(
    type=f"{SERVICE}/apis",
    title="API",
    doc="Operations below one URL suffix. `format` and `value` import a document, see the OpenAPI page.",
    properties=Record(
        (
            text("displayName", "Title.", longest=300),
            text("path", "URL suffix after the gateway's address, without slashes at its ends; one API for each.", longest=400),
            text("description", "What it is for."),
            text("serviceUrl", "Backend address that operations are appended to.", longest=2000),
            Field(
                name="protocols",
                shape=ListOf(Choice(("http", "https", "ws", "wss"))),
                doc="Schemes of the public URL.",
                default=["https"],
            ),
            flag("subscriptionRequired", "Calls need a subscription key.", default=True),
            Field(
                name="subscriptionKeyParameterNames", shape=KEY_NAMES, doc="Where the key stands; `api-key` for OpenAI clients."
            ),
            Field(
                name="type",
                shape=Choice(("http", "soap", "websocket", "graphql", "mcp")),
                doc="Protocol; `http` and `websocket` are served.",
            ),
            Field(name="apiType", shape=Text(), doc="Protocol, older name."),
            text("apiRevision", "Revision number."),
            text("apiRevisionDescription", "What changed in this revision."),
            flag("isCurrent", "This revision answers at the plain path."),
            flag("isOnline", "Kept, without effect."),
            text("apiVersion", "Version name.", longest=100),
            text("apiVersionDescription", "About the version."),
            text("apiVersionSetId", "The version set that it belongs to."),
            kept("apiVersionSet"),
            text("sourceApiId", "API whose operations and policies a new one is made from."),
            kept("authenticationSettings"),
            kept("contact"),
            kept("license"),
            text("termsOfServiceUrl", "Kept, without effect."),
            Field(
                name="format",
                shape=Choice(
                    (
                        "openapi",
                        "openapi+json",
                        "openapi-link",
                        "openapi+json-link",
                        "swagger-json",
                        "swagger-link-json",
                        "wadl-xml",
                        "wadl-link-json",
                        "wsdl",
                        "wsdl-link",
                        "graphql-link",
                        "odata",
                        "odata-link",
                        "grpc",
                        "grpc-link",
                    )
                ),
                doc="Kind of the document in `value`; the OpenAPI and Swagger ones are supported.",
                transient=True,
            ),  # fmt: skip
            Field(name="value", shape=Text(), doc="The document, or the link to it.", transient=True),
            Field(name="wsdlSelector", shape=Anything(), doc="SOAP only, refused.", transient=True),
            Field(
                name="translateRequiredQueryParameters",
                shape=Choice(("template", "query")),
                doc="Whether an import makes required query parameters part of the URL template.",
                transient=True,
            ),
            made("provisioningState"),
            made("subscriptionKeyRequired"),
        )
    ),
    references=(Reference(path="apiVersionSetId", collection="apiVersionSets"), Reference(path="sourceApiId", collection="apis")),
)

OPERATION = Kind(
    type=f"{SERVICE}/apis/operations",
    title="Operation",
    doc="One method and URL template of an API. The name is the OpenAPI operationId, in its own spelling.",
    properties=Record(
        (
            text("displayName", "Title.", required=True, longest=300),
            text("method", "HTTP method, or `*`.", required=True, pattern=r"[A-Za-z]+|\*"),
            text(
                "urlTemplate", "`/deployments/{deployment-id}/embeddings?api-version={api-version}`.", required=True, longest=1000
            ),
            Field(name="templateParameters", shape=ListOf(PARAMETER), doc="One for each `{name}` of the template."),
            text("description", "What it does."),
            Field(name="request", shape=REQUEST, doc="What it takes."),
            Field(name="responses", shape=ListOf(RESPONSE), doc="What it gives."),
            kept("policies", "Kept, without effect; policies are resources of their own."),
        )
    ),
)

SCHEMA = Kind(
    type=f"{SERVICE}/apis/schemas",
    title="Schema",
    doc="Schemas that operations refer to.",
    properties=Record(
        (
            text("contentType", "Media type of the schema document.", required=True),
            Field(
                name="document",
                shape=Record((kept("value"), kept("definitions"), kept("components"))),
                doc="The schemas: `components` or `definitions` as JSON, or `value` as text.",
            ),
            made("provisioningState"),
        )
    ),
)

RELEASE = Kind(
    type=f"{SERVICE}/apis/releases",
    title="Release",
    doc="Makes a revision the current one.",
    properties=Record(
        (
            text("apiId", "The revision.", required=True),
            text("notes", "What changed."),
            made("createdDateTime"),
            made("updatedDateTime"),
        )
    ),
    references=(Reference(path="apiId", collection="apis"),),
)

VERSION_SET = Kind(
    type=f"{SERVICE}/apiVersionSets",
    title="API version set",
    doc="How versions of one API are told apart.",
    properties=Record(
        (
            text("displayName", "Title.", required=True),
            Field(
                name="versioningScheme",
                shape=Choice(("Segment", "Query", "Header")),
                doc="Where the version stands.",
                required=True,
            ),
            text("versionQueryName", "Query parameter of the version."),
            text("versionHeaderName", "Header of the version."),
            text("description", "What it is for."),
        )
    ),
)

PRODUCT = Kind(
    type=f"{SERVICE}/products",
    title="Product",
    doc="APIs offered together, with their own policy and subscriptions.",
    properties=Record(
        (
            text("displayName", "Title.", required=True, longest=300),
            text("description", "What it is for."),
            text("terms", "Terms of use."),
            flag("subscriptionRequired", "Calls need a key of the product; false makes it open.", default=True),
            flag("approvalRequired", "New subscriptions start as `submitted`."),
            Field(name="subscriptionsLimit", shape=Whole(0, 100_000), doc="Subscriptions that one user may have."),
            Field(
                name="state",
                shape=Choice(("notPublished", "published")),
                doc="Whether callers can use it.",
                default="notPublished",
            ),
            kept("authenticationType"),
            kept("application"),
        )
    ),
)

PRODUCT_API = Kind(
    type=f"{SERVICE}/products/apis",
    title="API in a product",
    doc="Puts an API into a product.",
    properties=Record(()),
    references=(Reference(path="name", collection="apis"),),
    link=True,
    nullable_body=True,
)

PRODUCT_API_LINK = Kind(
    type=f"{SERVICE}/products/apiLinks",
    title="API link of a product",
    doc="Puts an API into a product, named by a property.",
    properties=Record((text("apiId", "The API.", required=True),)),
    references=(Reference(path="apiId", collection="apis"),),
)

PRODUCT_GROUP = Kind(
    type=f"{SERVICE}/products/groups",
    title="Group of a product",
    doc="Lets the users of a group see a product.",
    properties=Record(()),
    references=(Reference(path="name", collection="groups", built_in=("administrators", "developers", "guests")),),
    link=True,
    nullable_body=True,
)

PRODUCT_GROUP_LINK = Kind(
    type=f"{SERVICE}/products/groupLinks",
    title="Group link of a product",
    doc="Lets the users of a group see a product, named by a property.",
    properties=Record((text("groupId", "The group.", required=True),)),
    references=(Reference(path="groupId", collection="groups", built_in=("administrators", "developers", "guests")),),
)

SUBSCRIPTION = Kind(
    type=f"{SERVICE}/subscriptions",
    title="Subscription",
    doc="Two keys that open a product, an API, all APIs or the whole service.",
    properties=Record(
        (
            text("displayName", "Title.", required=True, longest=100),
            text("scope", "`/products/{id}`, `/apis/{id}`, `/apis` (all of them) or `/` (the service).", required=True),
            text("ownerId", "The user who holds it."),
            Field(
                name="state",
                shape=Choice(("active", "suspended", "submitted", "rejected", "cancelled", "expired")),
                doc="Only `active` opens anything.",
                default="active",
            ),
            text("stateComment", "Why it has this state."),
            Field(
                name="primaryKey", shape=Text(longest=256), doc="Made when absent; see listSecrets.", secret=True, write_only=True
            ),
            Field(
                name="secondaryKey",
                shape=Text(longest=256),
                doc="Made when absent; see listSecrets.",
                secret=True,
                write_only=True,
            ),
            flag("allowTracing", "Its calls may ask for a policy trace."),
            text("expirationDate", "ISO 8601; from then on its keys are refused."),
            text("createdDate", "ISO 8601."),
            text("startDate", "ISO 8601."),
            text("endDate", "ISO 8601; when it was cancelled or expired."),
            text("notificationDate", "Kept, without effect."),
        )
    ),
    references=(Reference(path="ownerId", collection="users", built_in=("1",)),),
)

USER = Kind(
    type=f"{SERVICE}/users",
    title="User",
    doc="A developer who owns subscriptions; `context.User` of policies.",
    properties=Record(
        (
            text("email", "Mail address.", required=True, longest=254),
            text("firstName", "First name.", required=True),
            text("lastName", "Last name.", required=True),
            text("note", "Free text."),
            Field(
                name="state", shape=Choice(("active", "blocked", "pending", "deleted")), doc="Account state.", default="active"
            ),
            kept("identities"),
            Field(name="password", shape=Text(), doc="Not used: users sign in by OpenID Connect.", transient=True),
            Field(name="appType", shape=Text(), doc="Not used.", transient=True),
            Field(name="confirmation", shape=Text(), doc="Not used.", transient=True),
            text("registrationDate", "ISO 8601."),
            made("groups"),
        )
    ),
)

GROUP = Kind(
    type=f"{SERVICE}/groups",
    title="Group",
    doc="Users who see the same products; `context.User.Groups` of policies.",
    properties=Record(
        (
            text("displayName", "Title.", required=True, longest=300),
            text("description", "What it is for."),
            Field(name="type", shape=Choice(("custom", "system", "external")), doc="Origin.", default="custom"),
            text("externalId", "Id in a directory."),
            made("builtIn"),
        )
    ),
)

GROUP_USER = Kind(
    type=f"{SERVICE}/groups/users",
    title="User in a group",
    doc="Puts a user into a group.",
    properties=Record(()),
    references=(Reference(path="name", collection="users"),),
    link=True,
    nullable_body=True,
)

TAG = Kind(
    type=f"{SERVICE}/tags",
    title="Tag",
    doc="A label.",
    properties=Record((text("displayName", "Title.", required=True, longest=160),)),
)

API_TAG = Kind(
    type=f"{SERVICE}/apis/tags",
    title="Tag of an API",
    doc="Labels an API.",
    properties=Record(()),
    references=(Reference(path="name", collection="tags"),),
    link=True,
    nullable_body=True,
)

OPERATION_TAG = Kind(
    type=f"{SERVICE}/apis/operations/tags",
    title="Tag of an operation",
    doc="Labels an operation.",
    properties=Record(()),
    references=(Reference(path="name", collection="tags"),),
    link=True,
    nullable_body=True,
)

PRODUCT_TAG = Kind(
    type=f"{SERVICE}/products/tags",
    title="Tag of a product",
    doc="Labels a product.",
    properties=Record(()),
    references=(Reference(path="name", collection="tags"),),
    link=True,
    nullable_body=True,
)

ALL = (
    API, OPERATION, SCHEMA, RELEASE, VERSION_SET, PRODUCT, PRODUCT_API, PRODUCT_API_LINK, PRODUCT_GROUP, PRODUCT_GROUP_LINK,
    SUBSCRIPTION, USER, GROUP, GROUP_USER, TAG, API_TAG, OPERATION_TAG, PRODUCT_TAG,
)  # fmt: skip

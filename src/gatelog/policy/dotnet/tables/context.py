"""The context object: what expressions see of the call."""

from __future__ import annotations

from typing import Final

from gatelog.policy.dotnet import proxy
from gatelog.policy.dotnet.metadata import TypeDef

NS: Final = "Microsoft.Azure.ApiManagement."
HEADERS_LIKE: Final = "IReadOnlyDictionary<string, string[]>"

TYPES: Final = (
    TypeDef(
        NS + "IProxyRequestContext",
        (
            ("IApi Api", "{0}.api"),
            ("some IDeployment Deployment", "{0}.deployment"),
            ("TimeSpan Elapsed", proxy.elapsed),
            ("ILastError LastError", "{0}.exchange.last_error"),
            ("IOperation Operation", "{0}.exchange.operation"),
            ("IProduct Product", "{0}.exchange.product"),
            ("some IRequest Request", "{0}.request"),
            ("Guid RequestId", "{0}.request_id"),
            ("IResponse Response", "{0}.response"),
            ("ISubscription Subscription", "{0}.exchange.subscription"),
            ("DateTime Timestamp", proxy.timestamp),
            ("bool Tracing", "{0}.exchange.tracing"),
            ("IUser User", "{0}.exchange.user"),
            ("some Variables Variables", "{0}.variables"),
            ("void Trace(string message)", proxy.trace),
            ("void Trace(object message)", proxy.trace),
        ),
    ),
    TypeDef(
        NS + "Variables",
        (
            ("object this[string key]", "{0}.data.get({1})"),
            ("bool ContainsKey(string key)", proxy.variable_known),
            ("typed T GetValueOrDefault<T>(string variableName)", proxy.variable_typed),
            ("typed T GetValueOrDefault<T>(string variableName, T defaultValue)", proxy.variable_typed),
            ("object GetValueOrDefault(string variableName)", proxy.variable),
            ("bool TryGetValue(string key, out object value)", proxy.try_variable),
            ("int Count", "len({0})"),
            ("IEnumerable<string> Keys", proxy.variable_names),
            ("IEnumerable<object> Values", proxy.variable_values),
        ),
        extends=("IEnumerable<KeyValuePair<string, object>>",),
    ),
    TypeDef(
        NS + "IApi",
        (
            ("string Id", "{0}.id"),
            ("string Name", "{0}.name"),
            ("some string Path", "{0}.path"),
            ("string Revision", "{0}.revision"),
            ("string Version", "{0}.version"),
            ("bool IsCurrentRevision", "{0}.is_current"),
            ("IUrl ServiceUrl", proxy.service_url),
            ("IEnumerable<string> Protocols", proxy.protocols),
            ("some ISubscriptionKeyParameterNames SubscriptionKeyParameterNames", "{0}"),
        ),
    ),
    TypeDef(NS + "ISubscriptionKeyParameterNames", (("string Header", "{0}.key_header"), ("string Query", "{0}.key_query"))),
    TypeDef(
        NS + "IDeployment",
        (
            ("string GatewayId", "{0}.gateway_id"),
            ("string Region", "{0}.region"),
            ("string ServiceId", "{0}.service_id"),
            ("string ServiceName", "{0}.service_name"),
            ("some IGateway Gateway", "{0}"),
            ("IReadOnlyDictionary<string, X509Certificate2> Certificates", "{0}.certificates"),
        ),
    ),
    TypeDef(
        NS + "IGateway",
        (
            ("string Id", "{0}.gateway_id"),
            ("string InstanceId", "{0}.instance_id"),
            ("bool IsManaged", "({0}.gateway_id == 'managed')"),
        ),
    ),
    TypeDef(
        NS + "ILastError",
        tuple(
            (f"string {name}", "{0}." + field)
            for name, field in (
                ("Source", "source"),
                ("Reason", "reason"),
                ("Message", "message"),
                ("Scope", "scope"),
                ("Section", "section"),
                ("Path", "path"),
                ("PolicyId", "policy_id"),
            )
        ),
    ),
    TypeDef(
        NS + "IOperation",
        (
            ("string Id", "{0}.id"),
            ("string Name", "{0}.name"),
            ("some string Method", "{0}.method"),
            ("string UrlTemplate", "{0}.url_template"),
        ),
    ),
    TypeDef(
        NS + "IProduct",
        (
            ("string Id", "{0}.id"),
            ("string Name", "{0}.name"),
            ("bool ApprovalRequired", "{0}.approval_required"),
            ("bool SubscriptionRequired", "{0}.subscription_required"),
            ("int? SubscriptionLimit", "{0}.subscriptions_limit"),
            ("ProductState State", proxy.product_state),
            ("IEnumerable<IGroup> Groups", proxy.groups),
            ("ctx IEnumerable<IApi> Apis", proxy.product_apis),
        ),
    ),
    TypeDef(NS + "ProductState", kind="enum", values=(("NotPublished", 0), ("Published", 1))),
    TypeDef(NS + "IGroup", (("string Id", "{0}.id"), ("string Name", "{0}.name"))),
    TypeDef(NS + "IUserIdentity", (("string Id", "{0}.id"), ("string Provider", "{0}.provider"))),
    TypeDef(
        NS + "ISubscription",
        (
            ("string Id", "{0}.id"),
            ("string Name", "{0}.name"),
            ("ctx string Key", proxy.subscription_key),
            ("string PrimaryKey", "{0}.primary_key"),
            ("string SecondaryKey", "{0}.secondary_key"),
            ("DateTime CreatedDate", proxy.created_date),
            ("DateTime? StartDate", proxy.start_date),
            ("DateTime? EndDate", proxy.end_date),
        ),
    ),
    TypeDef(
        NS + "IUser",
        (
            ("string Id", "{0}.id"),
            ("string Email", "{0}.email"),
            ("string FirstName", "{0}.first_name"),
            ("string LastName", "{0}.last_name"),
            ("string Note", "{0}.note"),
            ("DateTime RegistrationDate", proxy.registered),
            ("IEnumerable<IGroup> Groups", proxy.groups),
            ("IEnumerable<IUserIdentity> Identities", proxy.identities),
        ),
    ),
    TypeDef(
        NS + "IUrl",
        (
            ("some string Host", "{0}.host"),
            ("some string Path", "{0}.path"),
            ("int Port", "{0}.port"),
            ("some string Scheme", "{0}.scheme"),
            ("some Query Query", proxy.query),
            ("string QueryString", proxy.query_string),
            ("string ToString()", "str({0})"),
            ("Uri ToUri()", proxy.to_uri),
        ),
    ),
    TypeDef(
        NS + "Query",
        (
            ("string GetValueOrDefault(string key)", proxy.values_text),
            ("string GetValueOrDefault(string key, string defaultValue)", proxy.values_text),
        ),
        extends=(HEADERS_LIKE,),
    ),
    TypeDef(
        NS + "Headers",
        (
            ("string GetValueOrDefault(string headerName)", proxy.header_text),
            ("string GetValueOrDefault(string headerName, string defaultValue)", proxy.header_text),
            ("string[] this[string key]", proxy.HeaderMap.get),
            ("bool ContainsKey(string key)", proxy.HeaderMap.contains),
            ("bool TryGetValue(string key, out string[] value)", proxy.HeaderMap.try_get),
            ("int Count", "len({0})"),
            ("IEnumerable<string> Keys", proxy.HeaderMap.key_collection),
            ("IEnumerable<string[]> Values", proxy.HeaderMap.value_collection),
        ),
        extends=(HEADERS_LIKE,),
    ),
    TypeDef(
        NS + "IRequest",
        (
            ("IMessageBody Body", proxy.body_of),
            ("X509Certificate2 Certificate", "{0}.certificate"),
            ("some Headers Headers", proxy.headers_of),
            ("string IpAddress", "{0}.ip"),
            ("some IReadOnlyDictionary<string, string> MatchedParameters", "{0}.matched"),
            ("some string Method", "{0}.message.method"),
            ("some IUrl OriginalUrl", "{0}.original_url"),
            ("some IUrl Url", "{0}.message.url"),
            ("IPrivateEndpointConnection PrivateEndpointConnection", "None"),
        ),
    ),
    TypeDef(
        NS + "IPrivateEndpointConnection", (("string Name", "None"), ("string GroupId", "None"), ("string MemberName", "None"))
    ),
    TypeDef(
        NS + "IResponse",
        (
            ("IMessageBody Body", proxy.body_of),
            ("some Headers Headers", proxy.headers_of),
            ("int StatusCode", "{0}.message.status"),
            ("string StatusReason", "{0}.message.reason"),
        ),
    ),
    TypeDef(
        NS + "IMessageBody",
        (
            ("typed T As<T>(bool preserveContent = false)", proxy.body_as),
            ("IDictionary<string, IList<string>> AsFormUrlEncodedContent(bool preserveContent = false)", proxy.body_form),
        ),
    ),
    TypeDef(
        NS + "Authorization",
        (("string AccessToken", "{0}.access_token"), ("IReadOnlyDictionary<string, object> Claims", "{0}.claims")),
    ),
    TypeDef(
        NS + "ContextExtensions",
        (
            ("static string ToQueryString(this IDictionary<string, IList<string>> values)", proxy.to_query_string),
            ("static string ToFormUrlEncodedContent(this IDictionary<string, IList<string>> values)", proxy.to_form),
            ("static string GetValueOrDefault(this IReadOnlyDictionary<string, string[]> values, string key)", proxy.values_text),
            (
                f"static string GetValueOrDefault(this {HEADERS_LIKE} values, string key, string defaultValue)",
                proxy.values_text,
            ),
            ("static string GetValueOrDefault(this IReadOnlyDictionary<string, string> values, string key)", proxy.pair_value),
            (
                "static string GetValueOrDefault(this IReadOnlyDictionary<string, string> values, string key, "
                "string defaultValue)",
                proxy.pair_value,
            ),
            (
                "static V GetValueOrDefault<K, V>(this IReadOnlyDictionary<K, V> values, K key, V defaultValue)",
                proxy.pair_value,
            ),
            ("static V GetValueOrDefault<K, V>(this IDictionary<K, V> values, K key)", proxy.pair_value),
            ("static V GetValueOrDefault<K, V>(this IDictionary<K, V> values, K key, V defaultValue)", proxy.pair_value),
        ),
        kind="static",
    ),
)

"""Every element of the policy language: its class, the sections where it may stand, and what differs from Azure.

This table drives the compiler and the documentation; an element that is not in it does not exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gatelog.policy.binding import Row
from gatelog.policy.elements.authentication_basic import AuthenticationBasic
from gatelog.policy.elements.authentication_certificate import AuthenticationCertificate
from gatelog.policy.elements.authentication_managed_identity import AuthenticationManagedIdentity
from gatelog.policy.elements.cache_values import CacheLookupValue, CacheRemoveValue, CacheStoreValue
from gatelog.policy.elements.check_header import CheckHeader
from gatelog.policy.elements.choose import Choose
from gatelog.policy.elements.cors import Cors
from gatelog.policy.elements.cross_domain import CrossDomain
from gatelog.policy.elements.find_and_replace import FindAndReplace
from gatelog.policy.elements.forward_request import ForwardRequest
from gatelog.policy.elements.get_authorization_context import GetAuthorizationContext
from gatelog.policy.elements.include_fragment import IncludeFragment
from gatelog.policy.elements.ip_filter import IpFilter
from gatelog.policy.elements.jsonp import Jsonp
from gatelog.policy.elements.limit_concurrency import LimitConcurrency
from gatelog.policy.elements.llm_content_safety import LlmContentSafety
from gatelog.policy.elements.log_to_eventhub import LogToEventhub
from gatelog.policy.elements.metrics import EmitMetric, EmitTokenMetric
from gatelog.policy.elements.mock_response import MockResponse
from gatelog.policy.elements.parent_scope import Base
from gatelog.policy.elements.proxy import Proxy
from gatelog.policy.elements.quota import Quota, QuotaByKey
from gatelog.policy.elements.rate_limit import RateLimit, RateLimitByKey
from gatelog.policy.elements.redirect_content_urls import RedirectContentUrls
from gatelog.policy.elements.response_cache import CacheLookup, CacheStore
from gatelog.policy.elements.retry import Retry
from gatelog.policy.elements.return_response import ReturnResponse
from gatelog.policy.elements.rewrite_uri import RewriteUri
from gatelog.policy.elements.semantic_cache import SemanticCacheLookup, SemanticCacheStore
from gatelog.policy.elements.send_one_way_request import SendOneWayRequest
from gatelog.policy.elements.send_request import SendRequest
from gatelog.policy.elements.set_backend_service import SetBackend
from gatelog.policy.elements.set_body import SetBody
from gatelog.policy.elements.set_header import SetHeader
from gatelog.policy.elements.set_method import SetMethod
from gatelog.policy.elements.set_query_parameter import SetQueryParameter
from gatelog.policy.elements.set_status import SetStatus
from gatelog.policy.elements.set_variable import SetVariable
from gatelog.policy.elements.token_limit import TokenLimit
from gatelog.policy.elements.trace import Trace
from gatelog.policy.elements.validate_azure_ad_token import ValidateAzureAdToken
from gatelog.policy.elements.validate_client_certificate import ValidateClientCertificate
from gatelog.policy.elements.validate_content import ValidateContent
from gatelog.policy.elements.validate_jwt import ValidateJwt
from gatelog.policy.elements.validate_parameters import ValidateParameters
from gatelog.policy.elements.validate_response import ValidateHeaders, ValidateStatusCode
from gatelog.policy.elements.wait import Wait
from gatelog.policy.elements.xml_json import JsonToXml, XmlToJson
from gatelog.policy.elements.xsl_transform import XslTransform

INBOUND: Final = frozenset({"inbound"})
BACKEND: Final = frozenset({"backend"})
BEFORE: Final = frozenset({"inbound", "backend"})
OUTBOUND: Final = frozenset({"outbound"})
ALL: Final = frozenset({"inbound", "backend", "outbound", "on-error"})

STATEMENTS: Final[Mapping[str, Row]] = {
    "authentication-basic": Row(AuthenticationBasic, BEFORE),
    "authentication-certificate": Row(AuthenticationCertificate, BEFORE),
    "authentication-managed-identity": Row(AuthenticationManagedIdentity, ALL),
    "azure-openai-emit-token-metric": Row(EmitTokenMetric, ALL, alias="llm-emit-token-metric"),
    "azure-openai-semantic-cache-lookup": Row(SemanticCacheLookup, INBOUND, alias="llm-semantic-cache-lookup"),
    "azure-openai-semantic-cache-store": Row(SemanticCacheStore, OUTBOUND, alias="llm-semantic-cache-store"),
    "azure-openai-token-limit": Row(TokenLimit, BEFORE, alias="llm-token-limit"),
    "base": Row(Base, ALL),
    "cache-lookup": Row(CacheLookup, INBOUND),
    "cache-lookup-value": Row(CacheLookupValue, ALL),
    "cache-remove-value": Row(CacheRemoveValue, ALL),
    "cache-store": Row(CacheStore, OUTBOUND),
    "cache-store-value": Row(CacheStoreValue, ALL),
    "check-header": Row(CheckHeader, INBOUND),
    "choose": Row(Choose, ALL),
    "cors": Row(Cors, INBOUND),
    "cross-domain": Row(CrossDomain, INBOUND),
    "emit-metric": Row(EmitMetric, ALL),
    "find-and-replace": Row(FindAndReplace, ALL),
    "forward-request": Row(ForwardRequest, BACKEND),
    "get-authorization-context": Row(GetAuthorizationContext, BEFORE),
    "include-fragment": Row(IncludeFragment, ALL),
    "ip-filter": Row(IpFilter, INBOUND),
    "json-to-xml": Row(JsonToXml, frozenset({"inbound", "outbound", "on-error"})),
    "jsonp": Row(Jsonp, OUTBOUND),
    "limit-concurrency": Row(LimitConcurrency, ALL),
    "llm-content-safety": Row(LlmContentSafety, INBOUND),
    "llm-emit-token-metric": Row(EmitTokenMetric, ALL),
    "llm-semantic-cache-lookup": Row(SemanticCacheLookup, INBOUND),
    "llm-semantic-cache-store": Row(SemanticCacheStore, OUTBOUND),
    "llm-token-limit": Row(TokenLimit, BEFORE),
    "log-to-eventhub": Row(LogToEventhub, ALL),
    "mock-response": Row(MockResponse, ALL),
    "proxy": Row(Proxy, BEFORE),
    "quota": Row(Quota, INBOUND),
    "quota-by-key": Row(QuotaByKey, INBOUND),
    "rate-limit": Row(RateLimit, INBOUND),
    "rate-limit-by-key": Row(RateLimitByKey, INBOUND),
    "redirect-content-urls": Row(RedirectContentUrls, frozenset({"inbound", "outbound"})),
    "retry": Row(Retry, ALL),
    "return-response": Row(ReturnResponse, ALL),
    "rewrite-uri": Row(RewriteUri, BEFORE),
    "send-one-way-request": Row(SendOneWayRequest, ALL),
    "send-request": Row(SendRequest, ALL),
    "set-backend-service": Row(SetBackend, BEFORE),
    "set-body": Row(SetBody, ALL),
    "set-header": Row(SetHeader, ALL),
    "set-method": Row(SetMethod, ALL),
    "set-query-parameter": Row(SetQueryParameter, BEFORE),
    "set-status": Row(SetStatus, ALL),
    "set-variable": Row(SetVariable, ALL),
    "trace": Row(Trace, ALL),
    "validate-azure-ad-token": Row(ValidateAzureAdToken, INBOUND),
    "validate-client-certificate": Row(ValidateClientCertificate, INBOUND),
    "validate-content": Row(ValidateContent, frozenset({"inbound", "outbound", "on-error"})),
    "validate-headers": Row(ValidateHeaders, frozenset({"outbound", "on-error"})),
    "validate-jwt": Row(ValidateJwt, INBOUND),
    "validate-parameters": Row(ValidateParameters, INBOUND),
    "validate-status-code": Row(ValidateStatusCode, frozenset({"outbound", "on-error"})),
    "wait": Row(Wait, ALL),
    "xml-to-json": Row(XmlToJson, frozenset({"inbound", "outbound", "on-error"})),
    "xsl-transform": Row(XslTransform, frozenset({"inbound", "outbound"})),
}

REFUSED: Final[Mapping[str, str]] = {
    "cache-value": "use cache-lookup-value and cache-store-value",
    "validate-odata-request": "OData metadata is not imported; validate with choose and expressions",
    "send-service-bus-message": "Service Bus is not reachable from here; use log-to-eventhub or send-request",
    "publish-to-dapr": "there is no Dapr runtime beside the gateway",
    "invoke-dapr-binding": "there is no Dapr runtime beside the gateway",
    "validate-graphql-request": "GraphQL APIs are not supported",
    "set-graphql-resolver": "GraphQL APIs are not supported",
    "http-data-source": "GraphQL APIs are not supported",
    "sql-data-source": "GraphQL APIs are not supported",
    "cosmosdb-data-source": "GraphQL APIs are not supported",
    "publish-event": "GraphQL APIs are not supported",
}

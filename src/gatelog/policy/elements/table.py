"""Every element of the policy language: its class, the sections where it may stand, and what differs from Azure.

This table drives the compiler and the documentation; an element that is not in it does not exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gatelog.policy.binding import Row
from gatelog.policy.elements.authentication_managed_identity import AuthenticationManagedIdentity
from gatelog.policy.elements.choose import Choose
from gatelog.policy.elements.cors import Cors
from gatelog.policy.elements.forward_request import ForwardRequest
from gatelog.policy.elements.include_fragment import IncludeFragment
from gatelog.policy.elements.log_to_eventhub import LogToEventhub
from gatelog.policy.elements.parent_scope import Base
from gatelog.policy.elements.retry import Retry
from gatelog.policy.elements.return_response import ReturnResponse
from gatelog.policy.elements.set_backend_service import SetBackendService
from gatelog.policy.elements.set_body import SetBody
from gatelog.policy.elements.set_header import SetHeader
from gatelog.policy.elements.set_status import SetStatus
from gatelog.policy.elements.set_variable import SetVariable
from gatelog.policy.elements.trace import Trace

INBOUND: Final = frozenset({"inbound"})
BACKEND: Final = frozenset({"backend"})
BEFORE: Final = frozenset({"inbound", "backend"})
AFTER: Final = frozenset({"outbound", "on-error"})
ALL: Final = frozenset({"inbound", "backend", "outbound", "on-error"})

STATEMENTS: Final[Mapping[str, Row]] = {
    "authentication-managed-identity": Row(AuthenticationManagedIdentity, BEFORE),
    "base": Row(Base, ALL),
    "choose": Row(Choose, ALL),
    "cors": Row(Cors, INBOUND),
    "forward-request": Row(ForwardRequest, BACKEND),
    "include-fragment": Row(IncludeFragment, ALL),
    "log-to-eventhub": Row(LogToEventhub, ALL),
    "retry": Row(Retry, ALL),
    "return-response": Row(ReturnResponse, ALL),
    "set-backend-service": Row(SetBackendService, BEFORE),
    "set-body": Row(SetBody, ALL),
    "set-header": Row(SetHeader, ALL),
    "set-status": Row(SetStatus, AFTER),
    "set-variable": Row(SetVariable, ALL),
    "trace": Row(Trace, ALL),
}

REFUSED: Final[Mapping[str, str]] = {
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

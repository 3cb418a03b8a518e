"""The context object that expressions name `context`, over an `Exchange`, and exchanges made of a plain description."""

from __future__ import annotations

import secrets
from typing import Any

from gatelog.clock import Clock, SystemClock
from gatelog.policy.dotnet.guids import Guid
from gatelog.policy.dotnet.proxy import Message, StringMap, VariableMap
from gatelog.policy.dotnet.runtime import Instance
from gatelog.record.exchange import Exchange, Url


class Deployment(Instance):
    """IDeployment and IGateway."""

    __slots__ = ("certificates", "gateway_id", "instance_id", "region", "service_id", "service_name")

    def __init__(self, service: Any) -> None:
        self.gateway_id = str(getattr(service, "gateway_id", "managed"))
        self.instance_id = str(getattr(service, "instance_id", "gatelog"))
        self.region = str(getattr(service, "region", ""))
        self.service_id = str(getattr(service, "id", ""))
        self.service_name = str(getattr(service, "name", self.service_id))
        self.certificates = StringMap({})


class Context(Instance):
    """One call as its expressions see it. Make one for an exchange and keep it: it remembers parsed bodies."""

    __slots__ = ("_deployment", "_request", "_response", "clock", "exchange", "service", "variables")
    NAME = "Microsoft.Azure.ApiManagement.IProxyRequestContext"

    def __init__(self, exchange: Exchange, clock: Clock | None = None) -> None:
        self.exchange = exchange
        self.clock: Clock = clock or SystemClock()
        self.service = exchange.service
        self.variables = VariableMap(exchange.variables)
        self._request: Message | None = None
        self._response: Message | None = None
        self._deployment: Deployment | None = None

    @property
    def request(self) -> Message:
        found = self._request
        if found is None or found.message is not self.exchange.request:
            found = self._request = Message(self.exchange.request)
            found.ip = self.exchange.client_ip
            found.original_url = self.exchange.original_url
            found.matched = StringMap(self.exchange.matched_parameters)
            found.certificate = getattr(self.exchange, "certificate", None)
        return found

    @property
    def response(self) -> Message | None:
        present = self.exchange.response
        if present is None:
            return None
        found = self._response
        if found is None or found.message is not present:
            found = self._response = Message(present)
        return found

    @property
    def api(self) -> Any:
        return self.exchange.api

    @property
    def deployment(self) -> Deployment:
        if self._deployment is None:
            self._deployment = Deployment(self.service)
        return self._deployment

    @property
    def request_id(self) -> Guid:
        return Guid(self.exchange.id.replace("-", "").lower())

    def new_guid(self) -> str:
        """32 digits of a version 4 GUID."""
        digits = secrets.token_hex(16)
        return f"{digits[:12]}4{digits[13:16]}{'89ab'[int(digits[16], 16) & 3]}{digits[17:]}"

    def seed(self) -> int:
        return secrets.randbits(31)


__all__ = ["Context", "Deployment", "Url"]

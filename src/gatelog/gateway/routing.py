"""Which API and operation a call is for, and on whose account it runs: request head and catalog in, `Route` or `Refused` out.

Matching: learn.microsoft.com/azure/api-management/mock-api-responses (templates) and api-management-subscriptions (keys).
Everything that depends on the catalog alone is prepared when the router is made; targets that were matched are remembered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from urllib.parse import parse_qsl, unquote

from gatelog.catalog.catalog import Catalog
from gatelog.catalog.entities import Api, Diagnostic, Operation, Product, Subscription, TemplateParameter, User
from gatelog.gateway.heads import RequestHead
from gatelog.llm.operations import LlmOperation, operation_of
from gatelog.llm.request import api_version
from gatelog.policy.compile import Pipeline

_PARAMETER = re.compile(r"\{(\*?)([^{}/?&=]+)\}")
_DOTS = re.compile(r"(?:^|/)(?:\.|%2e){1,2}(?:/|$)", re.IGNORECASE)


class Refusal(StrEnum):
    """Why a built-in step refuses a call."""

    NOT_FOUND = "OperationNotFound"
    KEY_MISSING = "SubscriptionKeyNotFound"
    KEY_INVALID = "SubscriptionKeyInvalid"
    TOO_LARGE = "RequestBodyTooLarge"


@dataclass(frozen=True, slots=True)
class Match:
    """A target's API and operation. Shared by all calls to the same target: not to be changed."""

    path: str
    query: str
    rest: str
    """The path below the API's suffix, with its leading slash."""
    api: Api | None
    operation: Operation | None
    parameters: dict[str, str]
    llm: LlmOperation | None
    diagnostic: Diagnostic
    api_version: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """A way in: what runs, and for whom."""

    match: Match
    pipeline: Pipeline
    product: Product | None = None
    subscription: Subscription | None = None
    user: User | None = None
    key: str = ""
    """The subscription key that was presented; never recorded."""
    bearer_key: bool = False
    """It came as `Authorization: Bearer`."""
    refusal: Refusal | None = None
    """The built-in steps refuse the call; the pipeline's on-error section still runs."""

    def refused(self, reason: Refusal) -> Route:
        """The same way in, closed."""
        return replace(self, refusal=reason)


@dataclass(frozen=True, slots=True)
class _Segment:
    """One segment of a template."""

    literal: str = ""
    """In lower case; empty: a pattern."""
    pattern: re.Pattern[str] | None = None
    names: tuple[str, ...] = ()
    rest: bool = False
    """Takes the rest of the path."""

    @property
    def rank(self) -> int:
        """Smaller is more specific."""
        if self.rest:
            return 3
        if self.pattern is None:
            return 0
        return 2 if self.pattern.pattern == "(.+)" else 1


class _Template:
    """A URL template, ready to be compared."""

    __slots__ = ("operation", "query", "rank", "segments")

    def __init__(self, operation: Operation) -> None:
        path, _, query = operation.url_template.partition("?")
        self.operation = operation
        self.segments = tuple(_segment(text) for text in path.strip("/").split("/")) if path.strip("/") else ()
        defaults = {parameter.name: parameter for parameter in operation.parameters}
        self.query = tuple(
            (name, _parameter_name(value), _literal(value), _required(defaults, _parameter_name(value)))
            for name, _, value in (part.partition("=") for part in query.split("&") if part)
        )
        self.rank = (
            tuple(segment.rank for segment in self.segments),
            -sum(1 for _, _, _, required in self.query if required),
            operation.url_template,
        )

    def match(self, segments: Sequence[str], query: dict[str, str]) -> dict[str, str] | None:
        """The parameters of the path and query; None: they do not fit."""
        found: dict[str, str] = {}
        position = 0
        for segment in self.segments:
            if segment.rest:
                found.update((name, unquote("/".join(segments[position:]))) for name in segment.names)
                position = len(segments)
                break
            if position >= len(segments):
                return None
            given = segments[position]
            position += 1
            if segment.pattern is None:
                if segment.literal != given.lower():
                    return None
                continue
            parts = segment.pattern.fullmatch(given)
            if parts is None:
                return None
            found.update(zip(segment.names, map(unquote, parts.groups()), strict=True))
        if position != len(segments):
            return None
        return found if self._match_query(query, found) else None

    def _match_query(self, query: dict[str, str], found: dict[str, str]) -> bool:
        for name, parameter, literal, required in self.query:
            given = query.get(name.lower())
            if given is None:
                if required:
                    return False
            elif parameter:
                found[parameter] = given
            elif literal != given:
                return False
        return True


def _segment(text: str) -> _Segment:
    if text == "*":
        return _Segment(rest=True)
    parameters = list(_PARAMETER.finditer(text))
    if not parameters:
        return _Segment(literal=text.lower())
    names = tuple(parameter[2] for parameter in parameters)
    if parameters[0][1]:
        return _Segment(names=names, rest=True)
    pattern, position = "", 0
    for parameter in parameters:
        pattern += re.escape(text[position : parameter.start()]) + "(.+)"
        position = parameter.end()
    return _Segment(pattern=re.compile(pattern + re.escape(text[position:]), re.IGNORECASE), names=names)


def _parameter_name(value: str) -> str:
    match = _PARAMETER.fullmatch(value)
    return match[2] if match else ""


def _literal(value: str) -> str:
    return "" if _PARAMETER.fullmatch(value) else value


def _required(parameters: Mapping[str, TemplateParameter], name: str) -> bool:
    parameter = parameters.get(name)
    return parameter is None or parameter.required


class _ApiRoutes:
    """One API's path and templates."""

    __slots__ = ("api", "segments", "templates", "wild")

    def __init__(self, api: Api) -> None:
        path = api.path.strip("/")
        if not api.is_current and ";rev=" not in path:
            path = f"{path};rev={api.revision}"
        self.api = api
        self.segments = tuple(path.lower().split("/")) if path else ()
        self.templates: dict[tuple[str, int], list[_Template]] = {}
        self.wild: dict[str, list[_Template]] = {}
        for template in sorted((_Template(operation) for operation in api.operations), key=lambda item: item.rank):
            method = template.operation.method.upper()
            if template.segments and template.segments[-1].rest:
                self.wild.setdefault(method, []).append(template)
            else:
                self.templates.setdefault((method, len(template.segments)), []).append(template)

    def find(self, method: str, segments: Sequence[str], query: dict[str, str]) -> tuple[Operation | None, dict[str, str]]:
        """The operation that the rest of the path is."""
        for template in (*self.templates.get((method, len(segments)), ()), *self.wild.get(method, ()), *self.wild.get("*", ())):
            found = template.match(segments, query)
            if found is not None:
                return template.operation, found
        if self.api.type == "websocket":
            return (self.api.operations[0] if self.api.operations else None), {}
        return None, {}


class Router:
    """Finds routes in one catalog."""

    __slots__ = ("_apis", "_limit", "_matches", "_nowhere", "_routes", "catalog")

    def __init__(self, catalog: Catalog, *, remember: int = 2048) -> None:
        self.catalog = catalog
        self._apis = [_ApiRoutes(api) for api in catalog.routes]
        self._matches: dict[tuple[str, str], Match] = {}
        self._routes: dict[tuple[str, str, str], Route] = {}
        """Ways in of keys that hold."""
        self._limit = remember
        self._nowhere = catalog.configuration.service_diagnostic

    def match(self, method: str, target: str) -> Match:
        """The API and operation of a target."""
        known = self._matches.get((method, target))
        if known is not None:
            return known
        found = self._find(method, target)
        if len(target) <= 512:
            if len(self._matches) >= self._limit:
                self._matches.clear()
            self._matches[(method, target)] = found
        return found

    def route(self, head: RequestHead, now: int) -> Route:
        """The way in of a request; `now` in seconds since 1970 decides whether a subscription still runs."""
        match = self.match(head.method, head.target)
        api = match.api
        if api is None:
            return Route(match, self.catalog.service_pipeline, refusal=Refusal.NOT_FOUND)
        operation_id = match.operation.id if match.operation is not None else ""
        if match.operation is None and api.type != "websocket":
            return Route(match, self.catalog.pipeline(None, api.id, ""), refusal=Refusal.NOT_FOUND)
        key, bearer = self._key_of(head, match, api)
        if not key:
            return self._without_key(match, api, operation_id)
        known = self._routes.get((head.method, head.target, key))
        if known is not None and known.bearer_key == bearer and known.subscription is not None and _runs(known.subscription, now):
            return known
        route = self._with_key(match, api, operation_id, key, bearer, now)
        if route.refusal is None and len(head.target) <= 512:
            if len(self._routes) >= self._limit:
                self._routes.clear()
            self._routes[(head.method, head.target, key)] = route
        return route

    def _with_key(self, match: Match, api: Api, operation_id: str, key: str, bearer: bool, now: int) -> Route:
        subscription = self.catalog.subscription_by_key(key)
        if subscription is None or not _runs(subscription, now):
            return Route(match, self.catalog.pipeline(None, api.id, operation_id), key=key, refusal=Refusal.KEY_INVALID)
        allowed, product = self._covers(subscription, api)
        if not allowed:
            return Route(match, self.catalog.pipeline(None, api.id, operation_id), key=key, refusal=Refusal.KEY_INVALID)
        user = self.catalog.user(subscription.owner_id) if subscription.owner_id else None
        pipeline = self.catalog.pipeline(product.id if product else None, api.id, operation_id)
        return Route(match, pipeline, product, subscription, user, key, bearer)

    def _find(self, method: str, target: str) -> Match:
        path, _, query = target.partition("?")
        if _DOTS.search(path):
            path = _without_dots(path)
        segments = path[1:].split("/")
        if segments[-1] == "":
            segments.pop()
        lowered = [segment.lower() for segment in segments]
        values = {name.lower(): value for name, value in reversed(parse_qsl(query, keep_blank_values=True))}
        best: tuple[_ApiRoutes, str] | None = None
        for routes in self._apis:
            depth = len(routes.segments)
            if tuple(lowered[:depth]) != routes.segments:
                continue
            rest = "/" + "/".join(segments[depth:]) + ("/" if path.endswith("/") and len(segments) > depth else "")
            operation, parameters = routes.find(method, segments[depth:], values)
            if operation is not None or routes.api.type == "websocket":
                return self._matched(path, query, rest, routes.api, operation, parameters, method)
            best = best or (routes, rest)
        if best is None:
            return Match(path, query, path, None, None, {}, None, self._nowhere)
        return self._matched(path, query, best[1], best[0].api, None, {}, method)

    def _matched(
        self, path: str, query: str, rest: str, api: Api, operation: Operation | None, parameters: dict[str, str], method: str
    ) -> Match:
        llm = operation_of(method, path) if operation is not None else None
        version = api_version(query) if query else ""
        return Match(path, query, rest, api, operation, parameters, llm, self.catalog.diagnostic(api.id), version)

    def _key_of(self, head: RequestHead, match: Match, api: Api) -> tuple[str, bool]:
        """The subscription key, and whether it is the bearer token."""
        given = head.headers.get(api.key_header)
        if given is not None:
            bare = given[7:] if api.key_header.lower() == "authorization" and given[:7].lower() == "bearer " else given
            return bare.strip(), False
        if match.query:
            wanted = api.key_query.lower()
            for name, value in parse_qsl(match.query, keep_blank_values=True):
                if name.lower() == wanted:
                    return value, False
        authorization = head.headers.get("authorization", "") or ""
        if authorization[:7].lower() == "bearer ":
            # OpenAI's own clients can send their key in no other way; anything that is no key of ours stays untouched.
            token = authorization[7:].strip()
            if self.catalog.subscription_by_key(token) is not None:
                return token, True
        return "", False

    def _without_key(self, match: Match, api: Api, operation_id: str) -> Route:
        for product in self.catalog.products_of(api.id):
            if not product.subscription_required:
                return Route(match, self.catalog.pipeline(product.id, api.id, operation_id), product)
        pipeline = self.catalog.pipeline(None, api.id, operation_id)
        return Route(match, pipeline, refusal=Refusal.KEY_MISSING if api.subscription_required else None)

    def _covers(self, subscription: Subscription, api: Api) -> tuple[bool, Product | None]:
        """Whether the subscription's scope has the API, and the product that the call runs in."""
        kind, _, name = subscription.scope.strip("/").partition("/")
        if kind == "products":
            wanted = name.lower()
            product = next((item for item in self.catalog.products_of(api.id) if item.id.lower() == wanted), None)
            return product is not None, product
        if kind == "apis" and name:
            return name.lower().partition(";rev=")[0] == api.id.lower().partition(";rev=")[0], None
        return True, None


def _runs(subscription: Subscription, now: int) -> bool:
    return subscription.state == "active" and subscription.start <= now and (not subscription.end or now < subscription.end)


def _without_dots(path: str) -> str:
    """The path without `.` and `..` segments (RFC 3986 section 5.2.4), however they are written."""
    kept: list[str] = []
    segments = path[1:].split("/")
    for segment in segments:
        plain = segment.lower().replace("%2e", ".")
        if plain == "..":
            del kept[-1:]
        elif plain != ".":
            kept.append(segment)
    last = segments[-1].lower().replace("%2e", ".")
    return "/" + "/".join(kept) + ("/" if last in (".", "..") and kept else "")

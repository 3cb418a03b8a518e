"""One stored resource, and the names by which it is found.

An id is an ARM id. What belongs to the API Management service is named from the service: `~` is the service itself,
`~/apis/openai` an API of it; so a service may change its name without its parts being touched. Everything else keeps its
full id (`/subscriptions/.../providers/Microsoft.CognitiveServices/accounts/name`). Ids are compared without case.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

SERVICE_TYPE = "Microsoft.ApiManagement/service"
SERVICE = "~"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A resource as it is stored."""

    id: str
    """Canonical id: `~/apis/openai` or a full ARM id, in the spelling of whoever created it."""
    properties: Mapping[str, Any] = field(repr=False)
    envelope: Mapping[str, Any] = field(default_factory=dict)
    """What stands beside `properties`: `location`, `tags`, `sku`, `identity`, `kind`."""
    place: str = ""
    """Where it was written, for messages: a file, or empty for the resource's own id."""

    @property
    def key(self) -> str:
        """The id as it is compared."""
        return self.id.lower()

    @property
    def type(self) -> str:
        """`Microsoft.ApiManagement/service/apis`."""
        return type_of(self.id)

    @property
    def name(self) -> str:
        """The last segment of the id; the service's own name is in its envelope."""
        return self.id.rsplit("/", 1)[-1]

    @property
    def etag(self) -> str:
        """A fingerprint of the content, without quotation marks."""
        content = orjson.dumps([self.properties, self.envelope], option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(content).hexdigest()[:24]


def type_of(resource_id: str) -> str:
    """The ARM type of a canonical id.

    >>> type_of("~/apis/openai/operations/chat")
    'Microsoft.ApiManagement/service/apis/operations'
    >>> type_of("~/apis/openai/providers/Microsoft.Insights/diagnosticSettings/all")
    'Microsoft.Insights/diagnosticSettings'
    >>> type_of("/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/a")
    'Microsoft.CognitiveServices/accounts'
    >>> type_of("/subscriptions/s/resourceGroups/g")
    'Microsoft.Resources/subscriptions/resourceGroups'
    """
    segments = resource_id.strip("/").split("/")
    provider = max((index for index, text in enumerate(segments) if text.lower() == "providers"), default=-1)
    if provider >= 0:
        return "/".join([segments[provider + 1], *segments[provider + 2 :: 2]])
    if segments[0] == SERVICE:
        return "/".join([SERVICE_TYPE, *segments[1::2]])
    return "/".join(["Microsoft.Resources", *segments[0::2]])


def parent_of(resource_id: str) -> str:
    """The id of the resource that this one stands in; empty at the top.

    >>> parent_of("~/apis/openai/operations/chat"), parent_of("~/apis/openai"), parent_of("~")
    ('~/apis/openai', '~', '')
    >>> parent_of("~/apis/a/providers/Microsoft.Insights/diagnosticSettings/x")
    '~/apis/a'
    >>> parent_of("/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/a")
    '/subscriptions/s/resourceGroups/g'
    """
    segments = resource_id.rstrip("/").split("/")
    if len(segments) <= 2:
        return ""
    is_extension = len(segments) >= 4 and segments[-4].lower() == "providers"
    return "/".join(segments[: -4 if is_extension else -2])


def name_in(resource_id: str, kind: str) -> str:
    """The name after the segment `kind`, or an empty string.

    >>> name_in("~/apis/openai/operations/chat", "apis")
    'openai'
    """
    segments = resource_id.split("/")
    lowered = [segment.lower() for segment in segments]
    if kind.lower() not in lowered:
        return ""
    position = lowered.index(kind.lower()) + 1
    return segments[position] if position < len(segments) else ""


def full_id(resource_id: str, service_id: str) -> str:
    """The ARM id that clients see."""
    return service_id + resource_id[1:] if resource_id.startswith(SERVICE) else resource_id


def canonical_id(resource_id: str, service_id: str) -> str:
    """The inverse of `full_id`; ids of other resources stay as they are."""
    if resource_id.lower() == service_id.lower() or resource_id.lower().startswith(service_id.lower() + "/"):
        return SERVICE + resource_id[len(service_id) :]
    return resource_id


def relative(reference: str, service_id: str = "") -> str:
    """A reference between parts of the service in its short form: `/products/openai`.

    >>> relative("/subscriptions/s/resourceGroups/g/providers/Microsoft.ApiManagement/service/x/products/p")
    '/products/p'
    >>> relative("products/p"), relative("/apis"), relative("/")
    ('/products/p', '/apis', '/')
    """
    marker = "/providers/microsoft.apimanagement/service/"
    position = reference.lower().find(marker)
    if position >= 0:
        rest = reference[position + len(marker) :].split("/", 1)
        return "/" + (rest[1] if len(rest) > 1 else "").rstrip("/")
    return "/" + reference.strip("/").removeprefix("~").strip("/")

"""Small values of API Management: basic credentials and what `get-authorization-context` gives."""

from __future__ import annotations

import base64
import binascii

from gatelog.policy.dotnet.collections import Dictionary
from gatelog.policy.dotnet.metadata import OBJECT, STRING
from gatelog.policy.dotnet.runtime import Instance

NS = "Microsoft.Azure.ApiManagement."


class Authorization(Instance):
    """The result of get-authorization-context."""

    __slots__ = ("access_token", "claims")
    NAME = NS + "Authorization"

    def __init__(self, access_token: str, claims: Dictionary | None = None) -> None:
        self.access_token = access_token
        self.claims = claims if claims is not None else Dictionary((STRING, OBJECT))


class BasicAuthCredentials(Instance):
    """User and password of an Authorization header."""

    __slots__ = ("password", "user")
    NAME = NS + "BasicAuthCredentials"

    def __init__(self, user: str, password: str) -> None:
        self.user = user
        self.password = password

    @classmethod
    def parse(cls, text: str | None) -> BasicAuthCredentials | None:
        """The credentials in `Basic dXNlcjpwYXNz` (RFC 7617); None when it holds none."""
        scheme, _, data = (text or "").strip().partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            user, colon, password = base64.b64decode(data.strip(), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return cls(user, password) if colon else None


def try_basic(text: str | None) -> tuple[bool, BasicAuthCredentials | None]:
    found = BasicAuthCredentials.parse(text)
    return found is not None, found

"""JSON Web Tokens as expressions see them (`AsJwt`, `TryParseJwt`): read, not verified (RFC 7519)."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from gatelog.policy.dotnet.collections import Dictionary, List
from gatelog.policy.dotnet.dates import EPOCH, MAX_TICKS, TICKS, UTC, DateTime
from gatelog.policy.dotnet.json_tokens import wrap
from gatelog.policy.dotnet.metadata import STRING, array_of
from gatelog.policy.dotnet.runtime import Array, Instance, to_text

NS = "Microsoft.Azure.ApiManagement."


def part_of(text: str) -> dict[str, Any] | None:
    """One base64url part of a token as a JSON object."""
    try:
        data = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def claim_values(value: Any) -> list[str]:
    """A claim's values as text."""
    items = value if isinstance(value, list) else [value]
    return [
        item if isinstance(item, str) else to_text(wrap(item)) if isinstance(item, dict | list) else scalar(item)
        for item in items
    ]


def scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


class Jwt(Instance):
    """A token: header, claims, and the text that it came from."""

    __slots__ = ("claims", "header", "payload", "raw")
    NAME = NS + "Jwt"

    def __init__(self, raw: str, header: dict[str, Any], payload: dict[str, Any]) -> None:
        self.raw = raw
        self.header = header
        self.payload = payload
        self.claims = Dictionary((STRING, array_of(STRING)))
        for name, value in payload.items():
            self.claims.put(name, Array(STRING, claim_values(value)))

    @classmethod
    def parse(cls, text: str | None) -> Jwt | None:
        """The token that `text` holds, with or without `Bearer `; None when it is none."""
        stripped = (text or "").strip()
        scheme, _, rest = stripped.partition(" ")
        if scheme.lower() == "bearer":
            stripped = rest.strip()
        parts = stripped.split(".")
        if len(parts) not in (3, 5):
            return None
        header, payload = part_of(parts[0]), part_of(parts[1]) if len(parts) == 3 else {}
        return cls(stripped, header, payload) if header is not None and payload is not None else None

    def text(self) -> str:
        return self.raw

    def audiences(self) -> List:
        return List(STRING, claim_values(self.payload["aud"]) if "aud" in self.payload else [])

    def time(self, name: str) -> DateTime | None:
        """A NumericDate claim."""
        value = self.payload.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        ticks = EPOCH + int(value) * TICKS
        return DateTime(ticks, UTC) if 0 <= ticks <= MAX_TICKS else None

    def word(self, name: str) -> str | None:
        value = self.payload.get(name)
        return None if value is None else scalar(value)

    def same_value(self, other: Jwt) -> bool:
        return self is other


def try_parse(text: str | None) -> tuple[bool, Jwt | None]:
    found = Jwt.parse(text)
    return found is not None, found

"""`mock-response`: an answer out of the operation's own examples."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from gatelog.policy.answers import phrase
from gatelog.policy.parts import attribute
from gatelog.policy.slots import LINE, STATUS, Slot
from gatelog.policy.statement import EndOfPipeline, Statement, Steps
from gatelog.record.exchange import Exchange, Response
from gatelog.record.headers import Headers


@dataclass(frozen=True, slots=True, kw_only=True)
class MockResponse(Statement):
    """Answer with an example of the operation, with a sample of its schema, or with an empty body, in this order."""

    status_code: Slot[int] = attribute(STATUS, default="200", doc="status code of the answer")
    content_type: Slot[str] | None = attribute(LINE, doc="content type of the answer; absent: that of the first example")

    def run(self, exchange: Exchange) -> Steps:
        status = self.status_code(exchange)
        wanted = self.content_type(exchange) if self.content_type else ""
        content_type, body = _found(exchange.operation, status, wanted)
        headers = Headers([("Content-Type", content_type)] if content_type else [])
        exchange.response = Response(status, phrase(status), headers, body.encode())
        raise EndOfPipeline


def _found(operation: Any, status: int, wanted: str) -> tuple[str, str]:
    """Content type and text."""
    if operation is None:
        return wanted, ""
    for example in operation.examples:
        if example.status == status and wanted.lower() in ("", example.content_type.lower()):
            return example.content_type, example.text
    for name, schema in operation.schemas.items():
        code, _, content_type = name.partition(":")
        if code == str(status) and wanted.lower() in ("", content_type.lower()) and isinstance(schema, dict):
            return content_type, json.dumps(sample_of(schema), indent=2)
    return wanted, ""


def sample_of(schema: dict[str, Any], depth: int = 0) -> Any:
    """A value that a JSON schema allows."""
    for key in ("example", "default", "const"):
        if key in schema:
            return schema[key]
    if schema.get("enum"):
        return schema["enum"][0]
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) and kind else kind
    if depth > 8:
        return None
    if kind == "object" or "properties" in schema:
        return {name: sample_of(inner, depth + 1) for name, inner in (schema.get("properties") or {}).items()}
    if kind == "array":
        return [sample_of(schema.get("items") or {}, depth + 1)]
    return {"string": "string", "integer": 0, "number": 0.0, "boolean": False}.get(str(kind))

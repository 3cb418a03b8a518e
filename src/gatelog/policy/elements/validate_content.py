"""`validate-content`: size, content type and schema of a body."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from lxml import etree

from gatelog.policy.elements.messages import message_of
from gatelog.policy.elements.validation import ACTION, settle
from gatelog.policy.parts import attribute, node, nodes
from gatelog.policy.slots import BOOLEAN, INTEGER, LINE, Slot, one_of
from gatelog.policy.statement import Part, Statement, Steps
from gatelog.record.exchange import Exchange, Request, Response


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeRule(Part):
    """One content type read as another."""

    from_: Slot[str] | None = attribute(LINE, doc="content type as sent")
    when: Slot[bool] | None = attribute(BOOLEAN, doc="condition, in place of `from`")
    to: Slot[str] = attribute(LINE, required=True, doc="content type to read it as")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentTypeMap(Part):
    """Which content type a body is read as."""

    any_content_type_value: Slot[str] | None = attribute(LINE, doc="content type for every body")
    missing_content_type_value: Slot[str] | None = attribute(LINE, doc="content type for bodies without one")
    rules: tuple[TypeRule, ...] = nodes("type", TypeRule, doc="one content type read as another")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentRule(Part):
    """How bodies of one content type are checked."""

    type: Slot[str] | None = attribute(LINE, doc="the content type; absent: every one")
    validate_as: Slot[str] = attribute(one_of("json", "xml"), required=True, doc="format of the body")
    action: Slot[str] = attribute(ACTION, required=True, doc="what happens when the body is not valid")
    allow_additional_properties: Slot[bool] | None = attribute(
        BOOLEAN, doc="properties that the schema does not name are allowed; absent: as the schema says"
    )
    case_insensitive_property_names: Slot[bool] = attribute(BOOLEAN, default="false", doc="compare property names without case")


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidateContent(Statement):
    """Check a body against its size limit and the operation's schema."""

    reads_request_body: ClassVar[bool] = True
    reads_response_body: ClassVar[bool] = True

    unspecified_content_type_action: Slot[str] = attribute(ACTION, required=True, doc="bodies of content types without a rule")
    max_size: Slot[int] = attribute(INTEGER, required=True, doc="bytes")
    size_exceeded_action: Slot[str] = attribute(ACTION, required=True, doc="what happens to larger bodies")
    errors_variable_name: Slot[str] | None = attribute(LINE, doc="variable that takes the messages, one a line")
    types: ContentTypeMap | None = node("content-type-map", ContentTypeMap, doc="which content type a body is read as")
    rules: tuple[ContentRule, ...] = nodes("content", ContentRule, doc="how bodies are checked")

    def run(self, exchange: Exchange) -> Steps:
        message = message_of(exchange, self.place)
        body = message.body or b""
        if body:
            findings = list(self._findings(exchange, message, body))
            settle(exchange, self.place, findings, self.errors_variable_name, "ContentValidationFailed")
        return None

    def _findings(self, exchange: Exchange, message: Request | Response, body: bytes) -> Iterator[tuple[str, str]]:
        limit = self.max_size(exchange)
        if len(body) > limit:
            yield self.size_exceeded_action(exchange), f"The size of the body is larger than {limit} bytes"
        content_type = self._type(exchange, message.headers.get("Content-Type") or "")
        rule = next((entry for entry in self.rules if entry.type is None or entry.type(exchange).lower() == content_type), None)
        if rule is None:
            yield self.unspecified_content_type_action(exchange), f"Unspecified content type '{content_type}' is not allowed"
            return
        action = rule.action(exchange)
        if rule.validate_as(exchange) == "xml":
            yield from ((action, text) for text in _xml_errors(body))
        else:
            schema = self._schema(exchange, message, content_type)
            yield from ((action, text) for text in _json_errors(body, self._adapted(rule, exchange, schema)))

    def _type(self, exchange: Exchange, sent: str) -> str:
        plain = sent.partition(";")[0].strip().lower()
        if self.types is None:
            return plain
        if self.types.any_content_type_value is not None:
            return self.types.any_content_type_value(exchange).lower()
        if not plain and self.types.missing_content_type_value is not None:
            return self.types.missing_content_type_value(exchange).lower()
        for rule in self.types.rules:
            meant = rule.when(exchange) if rule.when else bool(rule.from_ and rule.from_(exchange).lower() == plain)
            if meant:
                return rule.to(exchange).lower()
        return plain

    @staticmethod
    def _schema(exchange: Exchange, message: Request | Response, content_type: str) -> Any:
        name = str(message.status) if isinstance(message, Response) else "request"
        schemas = exchange.operation.schemas if exchange.operation is not None else {}
        return schemas.get(f"{name}:{content_type}")

    @staticmethod
    def _adapted(rule: ContentRule, exchange: Exchange, schema: Any) -> Any:
        if rule.allow_additional_properties is not None and isinstance(schema, dict):
            schema = {**schema, "additionalProperties": rule.allow_additional_properties(exchange)}
        return _lowered(schema) if rule.case_insensitive_property_names(exchange) else schema


def _lowered(schema: Any) -> Any:
    """A schema whose property names are in lower case; bodies are lowered the same way."""
    if isinstance(schema, list):
        return [_lowered(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: _lowered(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict):
        result["properties"] = {name.lower(): _lowered(value) for name, value in schema["properties"].items()}
    if isinstance(schema.get("required"), list):
        result["required"] = [name.lower() for name in schema["required"]]
    return {**result, "x-lowered": True}


def _lowered_body(value: Any) -> Any:
    if isinstance(value, dict):
        return {name.lower(): _lowered_body(item) for name, item in value.items()}
    return [_lowered_body(item) for item in value] if isinstance(value, list) else value


def _json_errors(body: bytes, schema: Any) -> Iterator[str]:
    try:
        document = json.loads(body)
    except ValueError as error:
        yield f"Body of the message is not valid JSON: {error}"
        return
    if not isinstance(schema, dict):
        return
    if schema.get("x-lowered"):
        document = _lowered_body(document)
    jsonschema = importlib.import_module("jsonschema")  # several megabytes that few policies need
    try:
        for wrong in jsonschema.Draft202012Validator(schema).iter_errors(document):
            yield f"Body of the message does not conform to the definition. Location: {wrong.json_path}. {wrong.message}"
    except jsonschema.SchemaError as error:
        yield f"The schema of the operation is not valid: {error.message}"


def _xml_errors(body: bytes) -> Iterator[str]:
    try:
        etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        yield f"Body of the message is not valid XML: {error}"

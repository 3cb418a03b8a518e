"""JSON answers: free objects, instances of a schema, and arguments of tool calls."""

from __future__ import annotations

import random
from typing import Any

from gatelog.llm.document import JsonObject, object_of, objects_of, text_of
from gatelog.simulator.writing import topics

DEPTH = 12


def free_object(question: str, chance: random.Random) -> JsonObject:
    """What JSON mode answers."""
    names = topics(question) or ["that"]
    return {
        "topic": names[0],
        "answer": f"In short, it comes down to {chance.choice(names)}.",
        "points": names[1:4],
        "confidence": round(chance.uniform(0.6, 0.99), 2),
    }


def instance(schema: object, question: str, chance: random.Random, root: object = None, depth: int = 0) -> Any:
    """A value that the JSON schema accepts."""
    rules = object_of(schema)
    root = rules if root is None else root
    if "$ref" in rules:
        return instance(_referred(root, text_of(rules["$ref"])), question, chance, root, depth + 1) if depth < DEPTH else None
    for key in ("anyOf", "oneOf", "allOf"):
        if objects_of(rules.get(key)):
            return instance(objects_of(rules[key])[0], question, chance, root, depth + 1)
    if "const" in rules:
        return rules["const"]
    if isinstance(rules.get("enum"), list) and rules["enum"]:
        return _matching(rules["enum"], question) or chance.choice(rules["enum"])
    return _of_type(rules, question, chance, root, depth)


def _of_type(rules: JsonObject, question: str, chance: random.Random, root: object, depth: int) -> Any:
    kind = rules.get("type")
    kind = next((name for name in kind if name != "null"), "null") if isinstance(kind, list) else kind
    match kind:
        case "object" | None if depth < DEPTH:
            fields = object_of(rules.get("properties"))
            return {name: instance(field, question, chance, root, depth + 1) for name, field in fields.items()}
        case "array":
            count = max(int(rules.get("minItems") or 0), 0 if depth >= DEPTH else 2)
            count = min(count, int(rules.get("maxItems") or count))
            return [instance(rules.get("items"), question, chance, root, depth + 1) for _ in range(count)]
        case "integer" | "number":
            low, high = rules.get("minimum", 1), rules.get("maximum", 100)
            return chance.randint(int(low), max(int(low), int(high)))
        case "boolean":
            return chance.random() < 0.5
        case "string":
            return _text(rules, question, chance)
    return None


def _text(rules: JsonObject, question: str, chance: random.Random) -> str:
    samples = {
        "date": "2024-06-05",
        "date-time": "2024-06-05T12:00:00Z",
        "time": "12:00:00Z",
        "email": "ada@example.com",
        "uri": "https://example.com/",
        "uuid": "3f0a7c1e-5d9b-4a57-9d3c-0a1b2c3d4e5f",
    }
    if text_of(rules.get("format")) in samples:
        return samples[text_of(rules.get("format"))]
    proper = [word for word in topics(question) if word[:1].isupper()]
    return chance.choice(proper or topics(question) or ["value"])


def _matching(choices: list[Any], question: str) -> Any:
    lowered = question.lower()
    return next((choice for choice in choices if isinstance(choice, str) and choice.lower() in lowered), None)


def _referred(root: object, reference: str) -> object:
    found: object = root
    for part in reference.removeprefix("#").strip("/").split("/"):
        found = object_of(found).get(part.replace("~1", "/").replace("~0", "~")) if part else found
    return found


def chosen_tools(document: JsonObject, question: str, last_role: str) -> list[JsonObject]:
    """The functions that this request calls: a named one, any when one is required, one that the question speaks of."""
    functions = [object_of(tool.get("function")) or tool for tool in objects_of(document.get("tools"))]
    functions = [function for function in functions if text_of(function.get("name"))]
    choice = document.get("tool_choice")
    if choice == "none" or not functions:
        return []
    if isinstance(choice, dict):
        name = object_of(choice.get("function")).get("name") or choice.get("name")
        return [function for function in functions if function["name"] == name][:1]
    if last_role != "user":
        return []
    words = {word.lower() for word in topics(question)}
    fitting = [function for function in functions if words & set(_words(function))]
    return fitting[:1] or (functions[:1] if choice == "required" else [])


def _words(function: JsonObject) -> list[str]:
    return [word.lower() for word in topics(function["name"].replace("_", " ") + " " + text_of(function.get("description")))]

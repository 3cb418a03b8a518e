"""Counting tokens by ourselves, offline: for limits that must know before the call and for streams that broke off.

Chat overhead: github.com/openai/openai-cookbook, "How to count tokens with tiktoken". Images: OpenAI's vision guide.
"""

from __future__ import annotations

from collections.abc import Iterator

from gatelog.llm.document import JsonObject, object_of, objects_of, read_object, text_of
from gatelog.llm.images import image_tokens
from gatelog.llm.messages import content_text
from gatelog.llm.operations import Kind
from gatelog.llm.vocabulary import Vocabulary, vocabulary
from gatelog.record.events import Usage

_CL100K_PREFIXES = ("gpt-35", "gpt-3.5", "gpt-4-", "text-embedding-", "text-davinci", "davinci-002", "babbage-002", "text-turbo")


def encoding_name(model: str) -> str:
    """The vocabulary of a model: `cl100k_base` up to GPT-4 Turbo, `o200k_base` for everything newer or unknown."""
    older = model == "gpt-4" or model.startswith(_CL100K_PREFIXES)
    return "cl100k_base" if older else "o200k_base"


def warm(model: str = "gpt-4o") -> None:
    """Load the vocabulary of `model` now, so that the first count does not wait for it."""
    vocabulary(encoding_name(model))


def token_texts(text: str, model: str) -> list[str]:
    """`text` cut where its tokens end, except inside a character; joined the pieces are the text again."""
    if "\ufffd" in text:
        return [text]  # cannot be told from the mark of a cut character
    words = vocabulary(encoding_name(model))
    pieces, held = [], list[int]()
    for token in words.encode(_clean(text)):
        held.append(token)
        piece = _decoded(words, held)
        if piece:
            pieces.append(piece)
            held = []
    return pieces


def _decoded(words: Vocabulary, tokens: list[int]) -> str:
    """The text of tokens; '' while they end inside a character."""
    try:
        piece = words.decode(tokens)
    except ValueError:
        return ""
    return "" if "\ufffd" in piece else piece


def _clean(text: str) -> str:
    """Without lone surrogates, which no UTF-8 has."""
    return text.encode("utf-8", "replace").decode()


def count_text(text: str, model: str) -> int:
    """How many tokens `text` is."""
    return vocabulary(encoding_name(model)).count(_clean(text)) if text else 0


def count_prompt(kind: Kind, body: bytes, model: str) -> int:
    """Prompt tokens of a request, as the model would bill them (exact for text; tools and images by OpenAI's rules)."""
    document = read_object(body)
    if document is None:
        return 0
    if kind is Kind.CHAT:
        return _chat_tokens(document, model)
    if kind is Kind.RESPONSES:
        return _responses_tokens(document, model)
    return _input_tokens(document.get("prompt", document.get("input")), model)


def count_completion(kind: Kind, body: bytes, model: str) -> int:
    """Generated tokens of an answer or of an assembled completion."""
    document = read_object(body)
    if document is None or kind is Kind.EMBEDDINGS:
        return 0
    items = objects_of(document.get("output" if kind is Kind.RESPONSES else "choices"))
    return sum(count_text(text, model) for item in items for text in _generated(item))


def estimate_usage(kind: Kind, request: bytes, answer: bytes, model: str) -> Usage:
    """The usage of a call whose model did not say, counted here and marked so."""
    prompt, completion = count_prompt(kind, request, model), count_completion(kind, answer, model)
    return Usage(prompt_tokens=prompt, completion_tokens=completion, total_tokens=prompt + completion, estimated=True)


def _generated(item: JsonObject) -> Iterator[str]:
    message = object_of(item.get("message")) or item
    yield text_of(message.get("text"))
    yield content_text(message.get("content"))
    yield text_of(message.get("refusal"))
    calls = [*objects_of(message.get("tool_calls")), {"function": message.get("function_call")}, {"function": item}]
    for call in calls:
        function = object_of(call.get("function"))
        if "arguments" in function:
            yield text_of(function.get("name"))
            yield text_of(function.get("arguments"))


def _chat_tokens(document: JsonObject, model: str) -> int:
    first_release = "0301" in model
    per_message, per_name = (4, -1) if first_release else (3, 1)
    total = 3
    for message in objects_of(document.get("messages")):
        total += per_message + _message_tokens(message, model)
        total += per_name if "name" in message else 0
    tools = [object_of(tool.get("function")) for tool in objects_of(document.get("tools"))]
    return total + _tool_tokens(tools + objects_of(document.get("functions")), model)


def _message_tokens(message: JsonObject, model: str) -> int:
    total = sum(count_text(text_of(message.get(key)), model) for key in ("role", "name", "refusal", "tool_call_id"))
    total += count_text(content_text(message.get("content")), model)
    total += sum(image_tokens(part, model) for part in objects_of(message.get("content")))
    for call in objects_of(message.get("tool_calls")):
        function = object_of(call.get("function"))
        total += count_text(text_of(function.get("name")), model) + count_text(text_of(function.get("arguments")), model)
    return total


def _tool_tokens(functions: list[JsonObject], model: str) -> int:
    """The cookbook's measured costs of function descriptions."""
    if not functions:
        return 0
    start = 7 if encoding_name(model) == "o200k_base" else 10
    return 12 + sum(start + _function_tokens(function, model) for function in functions)


def _function_tokens(function: JsonObject, model: str) -> int:
    head = f"{text_of(function.get('name'))}:{text_of(function.get('description')).removesuffix('.')}"
    properties = object_of(object_of(function.get("parameters")).get("properties"))
    total = count_text(head, model) + (3 if properties else 0)
    for name, schema in properties.items():
        details = object_of(schema)
        values = details.get("enum")
        choices = [str(value) for value in values] if isinstance(values, list) else []
        total += 3 + (3 * len(choices) - 3 if choices else 0) + sum(count_text(choice, model) for choice in choices)
        line = f"{name}:{text_of(details.get('type'))}:{text_of(details.get('description')).removesuffix('.')}"
        total += count_text(line, model)
    return total


def _responses_tokens(document: JsonObject, model: str) -> int:
    total = 3
    if instructions := text_of(document.get("instructions")):
        total += 4 + count_text(instructions, model)
    given = document.get("input")
    items = [{"role": "user", "content": given}] if isinstance(given, str) else objects_of(given)
    for item in items:
        total += 3 + _message_tokens(item, model)
        total += count_text(text_of(item.get("arguments")), model) + count_text(text_of(item.get("output")), model)
    return total + _tool_tokens([tool for tool in objects_of(document.get("tools")) if tool.get("type") == "function"], model)


def _input_tokens(value: object, model: str) -> int:
    if isinstance(value, str):
        return count_text(value, model)
    if not isinstance(value, list):
        return 0
    if value and all(isinstance(item, int) for item in value):
        return len(value)
    return sum(_input_tokens(item, model) for item in value)

"""The responses API, whole and as typed events."""

from __future__ import annotations

import orjson

from gatelog.llm.document import JsonObject, object_of, objects_of, text_of
from gatelog.llm.messages import prompt_text
from gatelog.llm.operations import Kind
from gatelog.llm.tokens import count_prompt
from gatelog.simulator.deployments import Deployment
from gatelog.simulator.generation import Generated, Task, check_context, generate, identifier, most_tokens, seed_of
from gatelog.simulator.messages import Piece, SimReply, bad_request, filtered_prompt, json_reply
from gatelog.simulator.safety import is_filtered, prompt_results
from gatelog.simulator.settings import SimulatorSettings


def respond(
    deployment: Deployment, document: JsonObject, body: bytes, length: int, created: int, settings: SimulatorSettings
) -> SimReply:
    """The answer to `POST .../responses`."""
    if "input" not in document:
        raise bad_request("Missing required parameter: 'input'.", "input", "missing_required_parameter")
    prompts = prompt_text(Kind.RESPONSES, body)
    results = prompt_results(prompts)
    if is_filtered(results):
        raise filtered_prompt(results)
    prompt_tokens = count_prompt(Kind.RESPONSES, body, deployment.model)
    most = most_tokens(document, deployment, "max_output_tokens")
    check_context(deployment, prompt_tokens, most, "input")
    question, role = _question(document)
    wanted = object_of(object_of(document.get("text")).get("format"))
    seed = seed_of(document, settings.seed)
    generated = generate(Task(deployment, document, question, role, prompt_tokens, seed, most, length, wanted))
    whole = _whole(deployment, document, generated, prompt_tokens, created, results)
    tokens = (prompt_tokens, generated.tokens)
    if document.get("stream") is True:
        return SimReply(200, content_type="text/event-stream", pieces=_events(whole, generated, settings), tokens=tokens)
    return json_reply(whole, tokens=tokens, delay=settings.first_token + settings.per_token * generated.tokens)


def _question(document: JsonObject) -> tuple[str, str]:
    given = document.get("input")
    if isinstance(given, str):
        return given, "user"
    items = objects_of(given)
    if not items:
        raise bad_request("Invalid type for 'input': expected a string or an array of items.", "input", "invalid_type")
    last = items[-1]
    if last.get("type") == "function_call_output":
        return text_of(last.get("output")), "tool"
    spoken = [item for item in items if item.get("role", "user") == "user"] or items
    body = orjson.dumps({"input": [spoken[-1]]})
    return prompt_text(Kind.RESPONSES, body), text_of(last.get("role")) or "user"


def _whole(
    deployment: Deployment, document: JsonObject, generated: Generated, prompt_tokens: int, created: int, results: JsonObject
) -> JsonObject:
    cut = generated.finish_reason == "length"
    return {
        "id": identifier("resp_", 48),
        "object": "response",
        "created_at": created,
        "status": "incomplete" if cut else "completed",
        "background": False,
        "content_filters": [
            {"blocked": False, "source_type": "prompt", "content_filter_results": results},
            {"blocked": False, "source_type": "completion", "content_filter_results": generated.filters},
        ],
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
        "instructions": document.get("instructions"),
        "max_output_tokens": document.get("max_output_tokens"),
        "metadata": document.get("metadata") or {},
        "model": deployment.model,
        "output": _output(generated),
        "parallel_tool_calls": True,
        "previous_response_id": document.get("previous_response_id"),
        "reasoning": {"effort": None, "summary": None},
        "store": document.get("store", True),
        "temperature": document.get("temperature", 1.0),
        "text": document.get("text") or {"format": {"type": "text"}},
        "tool_choice": document.get("tool_choice", "auto"),
        "tools": document.get("tools") or [],
        "top_p": document.get("top_p", 1.0),
        "truncation": "disabled",
        "usage": {
            "input_tokens": prompt_tokens,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": generated.tokens,
            "output_tokens_details": {"reasoning_tokens": generated.reasoning},
            "total_tokens": prompt_tokens + generated.tokens,
        },
        "user": document.get("user"),
    }


def _output(generated: Generated) -> list[JsonObject]:
    items: list[JsonObject] = [{"id": identifier("rs_", 40), "type": "reasoning", "summary": []}] if generated.reasoning else []
    for call in generated.tool_calls:
        fields = {"arguments": call.arguments, "call_id": call.id, "name": call.name}
        items.append({"id": identifier("fc_", 40), "type": "function_call", "status": "completed", **fields})
    if not generated.tool_calls:
        part = {"type": "output_text", "annotations": [], "logprobs": [], "text": generated.text}
        items.append(
            {"id": identifier("msg_", 40), "type": "message", "status": "completed", "content": [part], "role": "assistant"}
        )
    return items


def _events(whole: JsonObject, generated: Generated, settings: SimulatorSettings) -> tuple[Piece, ...]:
    events: list[tuple[float, JsonObject]] = []
    begun = {**whole, "status": "in_progress", "output": [], "usage": None, "incomplete_details": None}
    events.append((settings.first_token, {"type": "response.created", "response": begun}))
    events.append((0, {"type": "response.in_progress", "response": begun}))
    for index, item in enumerate(whole["output"]):
        events.extend(_item_events(index, item, generated, settings.per_token))
    name = "response.incomplete" if whole["status"] == "incomplete" else "response.completed"
    events.append((0, {"type": name, "response": whole}))
    return tuple(
        Piece(f"event: {event['type']}\ndata: ".encode() + orjson.dumps({**event, "sequence_number": number}) + b"\n\n", delay)
        for number, (delay, event) in enumerate(events)
    )


def _item_events(index: int, item: JsonObject, generated: Generated, per_token: float) -> list[tuple[float, JsonObject]]:
    place = {"output_index": index, "item_id": item["id"]}
    added, done = {"type": "response.output_item.added"}, {"type": "response.output_item.done"}
    if item["type"] == "reasoning":
        return [(0, {**added, "output_index": index, "item": item}), (0, {**done, "output_index": index, "item": item})]
    if item["type"] == "function_call":
        name = "response.function_call_arguments"
        started = {**item, "status": "in_progress", "arguments": ""}
        return [
            (0, {**added, "output_index": index, "item": started}),
            (per_token, {"type": f"{name}.delta", **place, "delta": item["arguments"]}),
            (0, {"type": f"{name}.done", **place, "arguments": item["arguments"]}),
            (0, {**done, "output_index": index, "item": item}),
        ]
    part, spot = item["content"][0], {**place, "content_index": 0}
    started = {**item, "status": "in_progress", "content": []}
    deltas = [
        (per_token, {"type": "response.output_text.delta", **spot, "delta": text, "logprobs": []}) for text in generated.pieces
    ]
    return [
        (0, {**added, "output_index": index, "item": started}),
        (0, {"type": "response.content_part.added", **spot, "part": {**part, "text": ""}}),
        *deltas,
        (0, {"type": "response.output_text.done", **spot, "text": part["text"], "logprobs": []}),
        (0, {"type": "response.content_part.done", **spot, "part": part}),
        (0, {**done, "output_index": index, "item": item}),
    ]

"""Embeddings, as numbers or base64."""

from __future__ import annotations

import base64

from gatelog.llm.document import JsonObject
from gatelog.llm.operations import Kind
from gatelog.llm.tokens import count_prompt
from gatelog.simulator.deployments import Deployment
from gatelog.simulator.generation import check_context
from gatelog.simulator.messages import SimReply, bad_request, json_reply
from gatelog.simulator.settings import SimulatorSettings
from gatelog.simulator.vectors import embedding

MOST_INPUTS = 2048


def embed(deployment: Deployment, document: JsonObject, body: bytes, settings: SimulatorSettings) -> SimReply:
    """The answer to `POST .../embeddings`."""
    texts = _inputs(document)
    prompt_tokens = count_prompt(Kind.EMBEDDINGS, body, deployment.model)
    check_context(deployment, prompt_tokens // len(texts), 0, "input")
    dimensions = _dimensions(document, deployment)
    as_text = document.get("encoding_format") == "base64"
    data = []
    for index, text in enumerate(texts):
        vector = embedding(text, dimensions, settings.seed)
        value = base64.b64encode(vector.tobytes()).decode() if as_text else vector
        data.append({"embedding": value, "index": index, "object": "embedding"})
    usage = {"prompt_tokens": prompt_tokens, "total_tokens": prompt_tokens}
    whole = {"object": "list", "data": data, "model": deployment.model, "usage": usage}
    return json_reply(whole, delay=settings.first_token / 2, tokens=(prompt_tokens, 0))


def _inputs(document: JsonObject) -> list[str]:
    given = document.get("input")
    if isinstance(given, str) and given:
        return [given]
    if not isinstance(given, list) or not given:
        raise bad_request("'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.")
    if all(isinstance(item, int) for item in given):
        return [" ".join(str(item) for item in given)]
    if len(given) > MOST_INPUTS:
        raise bad_request(f"'$.input' is invalid: at most {MOST_INPUTS} inputs.", "input")
    return [item if isinstance(item, str) else " ".join(str(token) for token in item) for item in given if item]


def _dimensions(document: JsonObject, deployment: Deployment) -> int:
    asked = document.get("dimensions")
    if asked is None:
        return deployment.dimensions
    if "ada-002" in deployment.model:
        raise bad_request("This model does not support specifying dimensions.", "dimensions")
    if not isinstance(asked, int) or isinstance(asked, bool) or not 1 <= asked <= deployment.dimensions:
        raise bad_request(f"Invalid value for 'dimensions': expected 1 to {deployment.dimensions}.", "dimensions")
    return asked

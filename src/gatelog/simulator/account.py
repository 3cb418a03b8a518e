"""One simulated account: a request in, a reply out. No sockets, and time is passed in."""

from __future__ import annotations

import random
import uuid
from collections.abc import Mapping
from dataclasses import replace

from gatelog.identity import Keyring, TokenRejected
from gatelog.identity.tokens import verify
from gatelog.llm.document import JsonObject, read_object, text_of
from gatelog.llm.operations import Kind, LlmOperation, operation_of
from gatelog.simulator import content_safety, models
from gatelog.simulator.chat import Talk
from gatelog.simulator.deployments import CHAT, COMPLETION, EMBEDDING, RESPONSES, Deployment
from gatelog.simulator.embeddings import embed
from gatelog.simulator.faults import HEADER, Plan, plan, planned_error, spoiled
from gatelog.simulator.fine_tuning import FineTuning
from gatelog.simulator.limits import Limits
from gatelog.simulator.messages import (
    Refusal,
    SimReply,
    SimRequest,
    bad_key,
    bad_request,
    bad_token,
    json_reply,
    no_deployment,
    no_resource,
    not_json,
    wrong_operation,
)
from gatelog.simulator.responses import respond
from gatelog.simulator.settings import SimulatorSettings

AUDIENCES = frozenset(
    (
        "https://cognitiveservices.azure.com",
        "https://cognitiveservices.azure.com/",
        "https://ai.azure.com",
        "https://ai.azure.com/",
    )
)
VERIFIED_TOKENS = 1000
_OPERATIONS = {Kind.CHAT: CHAT, Kind.COMPLETIONS: COMPLETION, Kind.EMBEDDINGS: EMBEDDING, Kind.RESPONSES: RESPONSES}


class Account:
    """Deployments, keys, limits, jobs."""

    def __init__(self, settings: SimulatorSettings) -> None:
        self._settings = settings
        self._deployments: Mapping[str, Deployment] = {one.name.lower(): one for one in settings.deployments}
        self._talk = Talk(settings)
        self._limits = Limits(settings.tokens_per_minute)
        self._tuning = FineTuning()
        self._chance = random.Random(settings.seed)
        self._keyring = Keyring.open(settings.issuer_keys) if settings.issuer_keys else None
        self._verified: dict[str, float] = {}
        self._model_session = uuid.UUID(int=random.Random(settings.seed).getrandbits(128)).hex

    def answer(self, request: SimRequest, now: float, monotonic: float) -> SimReply:
        """The reply to one call at `now` (unix seconds); `monotonic` is what limits count by."""
        try:
            if request.path == "/health" and request.method == "GET":
                return json_reply({"status": "ok"})
            self._authenticate(request, now)
            reply = self._dispatch(request, now, monotonic)
        except Refusal as refused:
            reply = refused.reply
        return replace(reply, headers=(*self._headers(request), *reply.headers))

    def _dispatch(self, request: SimRequest, now: float, monotonic: float) -> SimReply:
        operation = operation_of(request.method, request.path)
        if operation is not None and request.path.startswith("/openai/"):
            return self._model_call(request, operation, now, monotonic)
        reply = self._other(request, int(now))
        if reply is None:
            raise no_resource()
        return reply

    def _model_call(self, request: SimRequest, operation: LlmOperation, now: float, monotonic: float) -> SimReply:
        version = request.query.get("api-version", "v1" if "/v1/" in request.path else "")
        if not version:
            raise no_resource()
        planned = plan(request.headers.get(HEADER, ""), self._settings.faults, self._chance)
        error = planned_error(planned, operation.name, version)
        if error is not None:
            return replace(error.reply, delay=planned.latency)
        document = read_object(request.body)
        if document is None:
            raise not_json()
        name = operation.deployment or text_of(document.get("model"))
        deployment = self._deployments.get(name.lower())
        if deployment is None:
            raise no_deployment()
        if _OPERATIONS[operation.kind] not in deployment.operations:
            raise wrong_operation(_OPERATIONS[operation.kind], deployment.model)
        if "stream_options" in document and not self._settings.knows_stream_options:
            raise bad_request("Unrecognized request argument supplied: stream_options")
        self._limits.admit(deployment, operation.name, version, monotonic)
        reply = self._generated(operation.kind, deployment, document, request.body, planned, int(now))
        headers = (*self._limits.settle(deployment, reply.tokens, monotonic), *self._model_headers(reply))
        return spoiled(replace(reply, headers=headers), planned)

    def _generated(
        self, kind: Kind, deployment: Deployment, document: JsonObject, body: bytes, planned: Plan, now: int
    ) -> SimReply:
        if kind is Kind.CHAT:
            return self._talk.chat(deployment, document, body, planned.tokens, now)
        if kind is Kind.COMPLETIONS:
            return self._talk.completions(deployment, document, body, planned.tokens, now)
        if kind is Kind.EMBEDDINGS:
            return embed(deployment, document, body, self._settings)
        return respond(deployment, document, body, planned.tokens, now, self._settings)

    def _other(self, request: SimRequest, now: int) -> SimReply | None:
        parts = [part for part in request.path.split("/") if part]
        if parts[:1] == ["contentsafety"] and request.method == "POST":
            return self._content_safety(request, parts[1:])
        if parts[:1] != ["openai"]:
            return None
        is_v1 = parts[1:2] == ["v1"]
        parts = parts[2:] if is_v1 else parts[1:]
        match request.method, parts:
            case "GET", ["models"]:
                deployments = self._settings.deployments
                return json_reply(models.v1_model_list(deployments) if is_v1 else models.model_list(deployments))
            case "GET", ["deployments"]:
                return json_reply(models.deployment_list(self._settings.deployments))
            case "GET", ["deployments", name]:
                if name.lower() not in self._deployments:
                    raise no_deployment()
                return json_reply(models.deployment_object(self._deployments[name.lower()]))
        is_form = request.headers.get("content-type", "").startswith("multipart/")
        document = read_object(request.body) if request.body and not is_form else {}
        if document is None:
            raise not_json()
        return self._tuning.answer(request, parts, document, now)

    def _content_safety(self, request: SimRequest, parts: list[str]) -> SimReply | None:
        document = read_object(request.body)
        if document is None:
            raise not_json()
        if parts == ["text:analyze"]:
            return content_safety.analyze(document)
        return content_safety.shield_prompt(document) if parts == ["text:shieldPrompt"] else None

    def _authenticate(self, request: SimRequest, now: float) -> None:
        headers = request.headers
        key = headers.get("api-key") or headers.get("ocp-apim-subscription-key")
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if key is not None:
            if key not in self._settings.api_keys:
                raise bad_key()
            return
        if scheme.lower() != "bearer":
            raise bad_key()
        if token not in self._settings.api_keys:
            self._check_token(token.strip(), now)

    def _check_token(self, token: str, now: float) -> None:
        if self._verified.get(token, 0) > now:
            return
        if self._keyring is None:
            raise bad_token()
        try:
            claims = verify(token, self._keyring.public_keys(), audiences=AUDIENCES, issuers=(), now=int(now))
        except TokenRejected as error:
            raise bad_token() from error
        if len(self._verified) >= VERIFIED_TOKENS:
            self._verified.clear()
        self._verified[token] = float(claims["exp"])

    def _headers(self, request: SimRequest) -> tuple[tuple[str, str], ...]:
        identifier = str(uuid.uuid4())
        client = request.headers.get("x-ms-client-request-id", identifier)
        return (
            ("apim-request-id", identifier),
            ("x-request-id", identifier),
            ("x-ms-client-request-id", client),
            ("x-ms-region", self._settings.region),
            ("Strict-Transport-Security", "max-age=31536000; includeSubDomains; preload"),
            ("X-Content-Type-Options", "nosniff"),
        )

    def _model_headers(self, reply: SimReply) -> tuple[tuple[str, str], ...]:
        milliseconds = reply.delay * 1000 if not reply.pieces else self._settings.first_token * 1000
        return (
            ("azureml-model-session", f"d{self._model_session[:12]}"),
            ("openai-processing-ms", f"{milliseconds:.4f}"),
            ("x-accel-buffering", "no"),
            ("x-ms-rai-invoked", "true"),
            ("Cache-Control", "no-cache, must-revalidate"),
        )

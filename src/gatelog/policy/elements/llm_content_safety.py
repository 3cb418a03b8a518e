"""`llm-content-safety`: have a prompt judged before it is sent (Azure AI Content Safety's REST API, 2024-09-01)."""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from gatelog.policy.binding import Binder
from gatelog.policy.effects import Effect, SendRequest
from gatelog.policy.parts import attribute, node, nodes, texts
from gatelog.policy.reader import Node
from gatelog.policy.slots import BOOLEAN, INTEGER, LINE, Constant, Slot, one_of, within
from gatelog.policy.statement import Part, Statement, Steps
from gatelog.record.exchange import Exchange, Request, Response, Url
from gatelog.record.headers import Headers

_VERSION: Final = "api-version=2024-09-01"
_LIMIT: Final = 10_000
"""Characters that the service takes at once."""
_TEXT_KEYS: Final = ("messages", "prompt", "input")


@dataclass(frozen=True, slots=True, kw_only=True)
class Category(Part):
    """A kind of harm."""

    name: Slot[str] = attribute(LINE, required=True, doc="`Hate`, `SelfHarm`, `Sexual` or `Violence`")
    threshold: Slot[int] = attribute(within(INTEGER, 0, 7), required=True, doc="severity from which the prompt is refused")


@dataclass(frozen=True, slots=True, kw_only=True)
class Categories(Part):
    """The kinds of harm to look for."""

    output_type: Slot[str] = attribute(
        one_of("FourSeverityLevels", "EightSeverityLevels"), default="FourSeverityLevels", doc="scale of the severities"
    )
    entries: tuple[Category, ...] = nodes("category", Category, doc="a kind of harm")


@dataclass(frozen=True, slots=True, kw_only=True)
class LlmContentSafety(Statement):
    """Refuse a prompt (403) that a Content Safety backend finds harmful, or that attacks the model's instructions."""

    reads_request_body: ClassVar[bool] = True

    backend_id: Slot[str] = attribute(LINE, required=True, doc="backend with the Content Safety endpoint")
    shield_prompt: Slot[bool] = attribute(BOOLEAN, default="false", doc="look for attacks on the model's instructions too")
    categories: Categories | None = node("categories", Categories, doc="kinds of harm to look for")
    blocklists: tuple[Slot[str], ...] = texts("blocklists/id", doc="blocklists of the service to apply")

    def check(self, binder: Binder, node: Node) -> None:
        if isinstance(self.backend_id, Constant):
            binder.refer("backend", self.backend_id.value, node)

    def run(self, exchange: Exchange) -> Steps:
        text = "\n".join(_texts(exchange.request.body)).strip()
        return self._judge(exchange, text) if text else None

    def _judge(self, exchange: Exchange, text: str) -> Generator[Effect, Any, None]:
        if len(text) > _LIMIT:
            raise self.error("ContentTooLong", f"the prompt has more than {_LIMIT} characters and cannot be judged")
        if self.shield_prompt(exchange):
            verdict = yield from self._ask(exchange, "text:shieldPrompt", {"userPrompt": text, "documents": []})
            self._refuse_if(_attacked(verdict))
        if self.categories is None and not self.blocklists:
            return
        thresholds = self._thresholds(exchange)
        verdict = yield from self._ask(exchange, "text:analyze", self._question(exchange, text, list(thresholds)))
        severe = any(
            int(entry.get("severity") or 0) >= thresholds.get(str(entry.get("category")), 8)
            for entry in verdict.get("categoriesAnalysis") or []
        )
        self._refuse_if(severe or bool(verdict.get("blocklistsMatch")))

    def _thresholds(self, exchange: Exchange) -> dict[str, int]:
        entries = self.categories.entries if self.categories else ()
        return {entry.name(exchange): entry.threshold(exchange) for entry in entries}

    def _question(self, exchange: Exchange, text: str, names: list[str]) -> dict[str, Any]:
        output = self.categories.output_type(exchange) if self.categories else "FourSeverityLevels"
        question: dict[str, Any] = {"text": text, "outputType": output}
        if names:
            question["categories"] = names
        if self.blocklists:
            question["blocklistNames"] = [slot(exchange) for slot in self.blocklists]
            question["haltOnBlocklistHit"] = False
        return question

    def _ask(self, exchange: Exchange, what: str, question: dict[str, Any]) -> Generator[Effect, Any, dict[str, Any]]:
        url = Url("https", "", 443, f"/contentsafety/{what}", _VERSION)
        headers = Headers([("Content-Type", "application/json")])
        request = Request("POST", url, headers, json.dumps(question).encode())
        response: Response = yield SendRequest(request, backend_id=self.backend_id(exchange))
        try:
            verdict = json.loads(response.body or b"")
        except ValueError:
            verdict = None
        if response.status != 200 or not isinstance(verdict, dict):
            raise self.error("ContentSafetyFailure", f"the content safety backend answered with status code {response.status}")
        return verdict

    def _refuse_if(self, found: bool) -> None:
        if found:
            text = "Request failed content safety check."
            raise self.error("ContentSafetyCheckFailed", text, status=403, body_message=text)


def _attacked(verdict: dict[str, Any]) -> bool:
    analyses = [verdict.get("userPromptAnalysis"), *(verdict.get("documentsAnalysis") or [])]
    return any(isinstance(entry, dict) and entry.get("attackDetected") is True for entry in analyses)


def _texts(body: bytes | None) -> list[str]:
    """All text of a request."""
    try:
        document = json.loads(body or b"")
    except ValueError:
        return []
    if not isinstance(document, dict):
        return []
    return [text for key in _TEXT_KEYS for text in _strings(document.get(key))]


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [text for item in value for text in _strings(item)]
    if isinstance(value, dict):
        return [text for key in ("content", "text", "arguments") for text in _strings(value.get(key))]
    return []

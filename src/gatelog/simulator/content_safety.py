"""Azure AI Content Safety: `text:analyze` and `text:shieldPrompt` (learn.microsoft.com/azure/ai-services/content-safety)."""

from __future__ import annotations

from gatelog.llm.document import JsonObject, text_of
from gatelog.simulator.messages import SimReply, json_reply, refusal
from gatelog.simulator.safety import is_attack, severities

CATEGORIES = {"Hate": "hate", "SelfHarm": "self_harm", "Sexual": "sexual", "Violence": "violence"}
MOST_CHARACTERS = 10_000


def analyze(document: JsonObject) -> SimReply:
    """Severity of each category: 0, 2, 4, 6, or 0 to 7 with EightSeverityLevels."""
    text = text_of(document.get("text"))
    if not text or len(text) > MOST_CHARACTERS:
        raise refusal(400, "InvalidRequestBody", f"The text must have 1 to {MOST_CHARACTERS} characters | Request Id: -")
    wanted = document.get("categories")
    names = wanted if isinstance(wanted, list) and wanted else list(CATEGORIES)
    unknown = [name for name in names if name not in CATEGORIES]
    if unknown:
        raise refusal(400, "InvalidRequestBody", f"Unknown category {unknown[0]!r}; expected {', '.join(CATEGORIES)}")
    found = severities(text)
    finer = 1 if document.get("outputType") == "EightSeverityLevels" else 0
    levels = [{"category": name, "severity": _level(found[CATEGORIES[name]], finer)} for name in names]
    return json_reply({"blocklistsMatch": _blocked(document, text), "categoriesAnalysis": levels})


def _level(severity: int, finer: int) -> int:
    return 2 * severity + finer if severity else 0


def _blocked(document: JsonObject, text: str) -> list[JsonObject]:
    """The account has one block list, `demo`, with one word."""
    names = document.get("blocklistNames")
    if not isinstance(names, list) or "demo" not in names or "blockedword" not in text.lower():
        return []
    return [{"blocklistName": "demo", "blocklistItemId": "1", "blocklistItemText": "blockedword"}]


def shield_prompt(document: JsonObject) -> SimReply:
    """Whether the prompt or a document attacks the model."""
    documents = document.get("documents")
    texts = [text for text in documents if isinstance(text, str)] if isinstance(documents, list) else []
    return json_reply(
        {
            "userPromptAnalysis": {"attackDetected": is_attack(text_of(document.get("userPrompt")))},
            "documentsAnalysis": [{"attackDetected": is_attack(text)} for text in texts],
        }
    )

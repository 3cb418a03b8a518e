"""What the content filter said about a call (learn.microsoft.com/azure/ai-services/openai/concepts/content-filter)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gatelog.llm.document import JsonObject, object_of, objects_of, read_object, text_of

PROMPT = "Prompt"
COMPLETION = "Completion"


@dataclass(frozen=True, slots=True)
class FilterFact:
    """One finding about one text."""

    text_type: str
    """`Prompt` or `Completion`, as the RAI metrics name it."""
    category: str
    """`hate`, `sexual`, `violence`, `self_harm`, `jailbreak`, `protected_material_text`, `custom_blocklists`, ..."""
    severity: str
    """`safe`, `low`, `medium`, `high`; empty for categories that are only detected or not."""
    filtered: bool
    detected: bool

    @property
    def harmful(self) -> bool:
        """Counts for RAIHarmfulRequests: blocked, detected or annotated above safe."""
        return self.filtered or self.detected or self.severity not in ("", "safe")


def read_filters(body: bytes) -> tuple[FilterFact, ...]:
    """Every finding in an answer, in an assembled completion or in a content_filter error."""
    document = read_object(body)
    return tuple(_facts(document)) if document else ()


def is_content_filter_error(body: bytes) -> bool:
    """The prompt was refused: a 400 answer with `error.code` content_filter."""
    document = read_object(body)
    return bool(document) and object_of(object_of(document).get("error")).get("code") == "content_filter"


def _facts(document: JsonObject) -> Iterator[FilterFact]:
    for prompt in objects_of(document.get("prompt_filter_results") or document.get("prompt_annotations")):
        yield from _findings(PROMPT, prompt.get("content_filter_results"))
    for choice in objects_of(document.get("choices")):
        yield from _findings(COMPLETION, choice.get("content_filter_results"))
    for entry in objects_of(document.get("content_filters")):
        side = COMPLETION if entry.get("source_type") == "completion" else PROMPT
        yield from _findings(side, entry.get("content_filter_results"))
    error = object_of(document.get("error"))
    inner = object_of(error.get("innererror"))
    yield from _findings(PROMPT, inner.get("content_filter_result") or inner.get("content_filter_results"))


def _findings(text_type: str, results: object) -> Iterator[FilterFact]:
    for category, finding in object_of(results).items():
        if not isinstance(finding, dict) or "filtered" not in finding:
            continue
        yield FilterFact(
            text_type,
            category,
            text_of(finding.get("severity")),
            finding.get("filtered") is True,
            finding.get("detected") is True,
        )

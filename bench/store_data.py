"""Calls for the store's measurements: words by Zipf's law, 2.5 KB prompts, 1.8 KB answers, the same for every engine."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from gatelog.record.events import LlmCall, RequestEvent, ResponseEvent, Usage

ROWS_A_DAY = 86_400_000_000_000
SERVICE = "/subscriptions/0/resourceGroups/g/providers/Microsoft.ApiManagement/service/bench"


@dataclass
class Texts:
    """A pool of texts that calls draw from."""

    seed: int = 1
    pool: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        chance = random.Random(self.seed)
        words = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(2, 9))) for _ in range(20_000)]
        ranks = np.random.default_rng(self.seed).zipf(1.2, size=400 * 4000) % len(words)
        self.pool = [" ".join(words[rank] for rank in ranks[start : start + 400]) for start in range(0, len(ranks), 400)]


def calls(count: int, end: int, texts: Texts) -> Iterator[tuple[RequestEvent, ResponseEvent]]:
    """`count` calls of the day before `end` (ns since 1970); every 4,000th prompt names kryptonite."""
    chance = random.Random(2)
    for number in range(count):
        model = ("gpt-35-turbo", "gpt-4o", "gpt-4")[number % 3]
        prompt = chance.choice(texts.pool) + (" kryptonite" if number % 4000 == 7 else "")
        prompt_tokens, completion_tokens = number % 500, number % 77
        answer = (
            f'{{"id":"{number}","model":"{model}","choices":[{{"index":0,"message":{{"role":"assistant","content":"'
            f'{chance.choice(texts.pool)[:1500]}"}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":{prompt_tokens},'
            f'"completion_tokens":{completion_tokens},"total_tokens":{prompt_tokens + completion_tokens}}}}}'
        )
        time = end - ROWS_A_DAY + number * ROWS_A_DAY // count
        request = RequestEvent(
            time=time,
            message_id=f"id-{number}",
            service_id=SERVICE,
            method="POST",
            url="http://127.0.0.1:8080/openai/deployments/chat/chat/completions?api-version=2024-10-21",
            client_ip=f"10.0.{number % 200}.{number % 7}",
            api_id=("chat", "search", "batch")[number % 3],
            operation_id="ChatCompletions_Create",
            headers=[("Content-Type", "application/json"), ("User-Agent", "AzureOpenAI/Python 3.52.0")],
            body=f'{{"messages":[{{"role":"user","content":"{prompt}"}}]}}'.encode(),
        )
        response = ResponseEvent(
            time=time + 10**9,
            message_id=f"id-{number}",
            status=200 if number % 50 else 429,
            headers=[("Content-Type", "application/json")],
            backend_url="http://127.0.0.1:8090/openai/deployments/chat/chat/completions",
            backend_status=200,
            backend_body=answer.encode(),
            total_ns=number % 3000 * 10**6,
            backend_ns=number % 2900 * 10**6,
            llm=LlmCall(
                operation="ChatCompletions_Create",
                deployment="chat",
                model=model,
                usage=Usage(
                    prompt_tokens=prompt_tokens,
                    completion_tokens=completion_tokens,
                    total_tokens=prompt_tokens + completion_tokens,
                ),
            ),
        )
        yield request, response

"""Rate limits of standard deployments and the utilisation of provisioned ones."""

from __future__ import annotations

import math
from dataclasses import dataclass

from gatelog.simulator.deployments import TOKENS_PER_PTU, Deployment
from gatelog.simulator.messages import Refusal, refusal, throttled

NOMINAL_TOKENS = 10_000_000
NOMINAL_REQUESTS = 60_000
"""What the headers say where nothing is enforced."""


@dataclass(slots=True)
class _Window:
    start: float = 0.0
    tokens: int = 0
    requests: int = 0


class Limits:
    """Counts what every deployment has taken. Times are seconds on a monotonic clock."""

    def __init__(self, tokens_per_minute: int) -> None:
        self._default_tokens = tokens_per_minute
        self._windows: dict[str, _Window] = {}
        self._loads: dict[str, tuple[float, float]] = {}

    def admit(self, deployment: Deployment, operation: str, api_version: str, now: float) -> None:
        """Count one call, or raise its 429."""
        if deployment.ptus:
            self._admit_provisioned(deployment, now)
            return
        window = self._window(deployment, now)
        wait = max(1, math.ceil(window.start + 60 - now))
        tokens, requests = deployment.tokens_per_minute or self._default_tokens, deployment.requests_per_minute
        if tokens and window.tokens >= tokens:
            raise throttled(operation, api_version, "token", wait)
        if requests and window.requests >= requests:
            raise throttled(operation, api_version, "call", wait)
        window.requests += 1

    def settle(self, deployment: Deployment, tokens: tuple[int, int], now: float) -> tuple[tuple[str, str], ...]:
        """Charge the tokens of an answered call; gives the answer's headers."""
        if deployment.ptus:
            load = self._load(deployment, now) + tokens[0] + 3 * tokens[1]
            self._loads[deployment.name] = (now, load)
            return (("azure-openai-deployment-utilization", f"{self._percent(deployment, load):.1f}%"),)
        window = self._window(deployment, now)
        window.tokens += sum(tokens)
        most_tokens = deployment.tokens_per_minute or self._default_tokens or NOMINAL_TOKENS
        most_requests = deployment.requests_per_minute or NOMINAL_REQUESTS
        return (
            ("x-ratelimit-limit-requests", str(most_requests)),
            ("x-ratelimit-limit-tokens", str(most_tokens)),
            ("x-ratelimit-remaining-requests", str(max(0, most_requests - window.requests))),
            ("x-ratelimit-remaining-tokens", str(max(0, most_tokens - window.tokens))),
        )

    def _window(self, deployment: Deployment, now: float) -> _Window:
        window = self._windows.get(deployment.name)
        if window is None or now - window.start >= 60:
            window = self._windows[deployment.name] = _Window(now)
        return window

    def _load(self, deployment: Deployment, now: float) -> float:
        """Weighted tokens that are still being worked on: a bucket that leaks at the deployment's capacity."""
        since, load = self._loads.get(deployment.name, (now, 0.0))
        return max(0.0, load - (now - since) * deployment.ptus * TOKENS_PER_PTU / 60)

    def _percent(self, deployment: Deployment, load: float) -> float:
        return 100 * load / (deployment.ptus * TOKENS_PER_PTU)

    def _admit_provisioned(self, deployment: Deployment, now: float) -> None:
        load = self._load(deployment, now)
        percent = self._percent(deployment, load)
        if percent < 100:
            return
        wait = (load - deployment.ptus * TOKENS_PER_PTU) * 60 / (deployment.ptus * TOKENS_PER_PTU)
        raise _over_capacity(percent, wait)


def _over_capacity(percent: float, wait: float) -> Refusal:
    headers = (
        ("azure-openai-deployment-utilization", f"{percent:.1f}%"),
        ("retry-after-ms", str(max(1, math.ceil(wait * 1000)))),
        ("Retry-After", str(max(1, math.ceil(wait)))),
    )
    message = (
        "The provisioned-managed deployment is at or above 100% utilization. Retry after the time in the retry-after-ms header "
        "or add provisioned throughput units."
    )
    return refusal(429, "429", message, headers)

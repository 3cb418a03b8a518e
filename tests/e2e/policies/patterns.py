"""What the tests of policy patterns share: simulated regions, APIs made over ARM, the openai SDK."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from openai import AzureOpenAI
from running import Demo

SERVICE = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/gatelog/providers/Microsoft.ApiManagement/service/gatelog"
)
VERSION = "?api-version=2024-05-01"


@dataclass(frozen=True)
class Region:
    """A simulated Azure OpenAI account."""

    process: subprocess.Popen[str]
    endpoint: str
    key: str


@contextmanager
def region(name: str, *flags: str) -> Iterator[Region]:
    """A simulator on a free port, killed at the end."""
    command = [sys.executable, "-m", "gatelog", "simulate", "--port", "0", "--json", "--region", name, *flags]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        facts = json.loads(process.stdout.readline())
        yield Region(process, facts["endpoint"], facts["api_key"])
    finally:
        process.kill()
        process.wait(10)
        process.stdout.close()


@dataclass(frozen=True)
class Bench:
    """The demo with what the patterns need around it."""

    demo: Demo
    east: Region
    west: Region

    def put(self, path: str, properties: dict[str, Any], **more: Any) -> httpx.Response:
        """An ARM PUT below the service."""
        return self.demo.management("PUT", f"{SERVICE}/{path}{VERSION}", json={"properties": properties} | more)

    def made(self, path: str, properties: dict[str, Any]) -> None:
        """An ARM PUT that must succeed."""
        answer = self.put(path, properties)
        assert answer.status_code in (200, 201), answer.text

    def api(self, name: str, policy: str) -> None:
        """An Azure OpenAI API below `/name/openai`, at the east region, with a policy."""
        about = {"path": f"{name}/openai", "serviceUrl": f"{self.east.endpoint}/openai", "subscriptionRequired": False}
        document = {"format": "openapi-link", "value": "builtin:azure-openai-2023-05-15", "protocols": ["http"]}
        self.made(f"apis/{name}", {"displayName": name} | about | document)
        self.made(f"apis/{name}", {"displayName": name} | about | {"protocols": ["http"]})
        self.policy(name, policy)

    def policy(self, name: str, policy: str) -> None:
        """Replace an API's policy; in force a second later."""
        self.made(f"apis/{name}/policies/policy", {"format": "rawxml", "value": policy})

    def client(self, name: str, **more: Any) -> AzureOpenAI:
        """The openai SDK against one of the APIs."""
        options: dict[str, Any] = {"api_key": "unused", "max_retries": 0, "timeout": 30} | more
        return AzureOpenAI(azure_endpoint=f"{self.demo.gateway}/{name}", api_version="2023-05-15", **options)

    def post(self, name: str, body: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
        """A chat completion by plain HTTP; underscores in names of headers are hyphens."""
        asked = {"messages": [{"role": "user", "content": "Hello!"}]} if body is None else body
        url = f"{self.demo.gateway}/{name}/openai/deployments/gpt-4o/chat/completions?api-version=2023-05-15"
        return httpx.post(url, json=asked, headers={k.replace("_", "-"): v for k, v in headers.items()}, timeout=30)


def document(inbound: str, backend: str = "<base />", outbound: str = "<base />", on_error: str = "<base />") -> str:
    """A policy document."""
    return (
        f"<policies><inbound><base />{inbound}</inbound><backend>{backend}</backend>"
        f"<outbound>{outbound}</outbound><on-error>{on_error}</on-error></policies>"
    )


def settle() -> None:
    """Until every worker has the new configuration."""
    time.sleep(1.0)

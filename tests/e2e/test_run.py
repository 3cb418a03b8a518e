"""`gatelog run`: an unmodified program's calls pass the gate."""

from __future__ import annotations

import subprocess
import sys
import uuid

import pytest
from running import Demo

PROGRAM = """
import sys, openai
ask = [{"role": "user", "content": sys.argv[1]}]
print(openai.OpenAI().chat.completions.create(model="gpt-4o", messages=ask).choices[0].message.content)
print(openai.AzureOpenAI().chat.completions.create(model="gpt-4o", messages=ask).choices[0].message.content)
"""


def test_both_clients_are_on_the_record(demo: Demo) -> None:
    mark = uuid.uuid4().hex
    command = [sys.executable, "-m", "gatelog", "run", "--gateway", demo.gateway, "--key", demo.subscription_key, "--"]
    done = subprocess.run(
        [*command, sys.executable, "-c", PROGRAM, mark], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    demo.wait_for(f'ApiManagementGatewayLogs | where RequestBody contains "{mark}"', lambda rows: len(rows) == 2)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "expected a program"),
        (("--key", "k", "no-such-program-anywhere"), "no program 'no-such-program-anywhere'"),
        (("python",), "no subscription key"),
    ],
)
def test_what_is_missing_is_one_line(words: tuple[str, ...], message: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gatelog", "run", *words], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2 and message in done.stderr and done.stderr.count("\n") == 1

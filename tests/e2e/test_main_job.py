"""The main job, end to end: unmodified clients call through the gate, and KQL answers a second later."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
import uuid
from pathlib import Path

import httpx
import openai
import pytest
from langchain_openai import AzureChatOpenAI
from running import Demo

ROOT = Path(__file__).resolve().parents[2]
API_VERSION = "2024-10-21"

TOKEN_USAGE = """ApiManagementGatewayLogs
| where tolower(OperationId) in ('completions_create','chatcompletions_create')
| where ResponseCode  == '200'
| extend modelkey = substring(parse_json(BackendResponseBody)['model'], 0, indexof(parse_json(BackendResponseBody)['model'], '-', 0, -1, 2))
| extend model = tostring(parse_json(BackendResponseBody)['model'])
| extend prompttokens = parse_json(parse_json(BackendResponseBody)['usage'])['prompt_tokens']
| extend completiontokens = parse_json(parse_json(BackendResponseBody)['usage'])['completion_tokens']
| extend totaltokens = parse_json(parse_json(BackendResponseBody)['usage'])['total_tokens']
| extend ip = CallerIpAddress
| where model !=  ''
| summarize
    sum(todecimal(prompttokens)),
    sum(todecimal(completiontokens)),
    sum(todecimal(totaltokens)),
    avg(todecimal(totaltokens))
    by ip, model
"""  # noqa: E501
PROMPTS = """ApiManagementGatewayLogs
| where tolower(OperationId) in ('completions_create','chatcompletions_create')
| where ResponseCode  == '200'
| extend model = tostring(parse_json(BackendResponseBody)['model'])
| extend prompttokens = parse_json(parse_json(BackendResponseBody)['usage'])['prompt_tokens']
| extend prompttext = substring(parse_json(parse_json(BackendResponseBody)['choices'])[0], 0, 100)
"""
DIAGNOSTICS = "AzureDiagnostics | take 100 | project TimeGenerated, _ResourceId, Category, OperationName"


def azure(demo: Demo) -> openai.AzureOpenAI:
    return openai.AzureOpenAI(azure_endpoint=demo.gateway, api_key=demo.subscription_key, api_version=API_VERSION, max_retries=0)


def marked() -> str:
    """A prompt that no other call has."""
    return f"Say something about {uuid.uuid4().hex}."


def row_of(demo: Demo, mark: str, table: str = "ApiManagementGatewayLogs", column: str = "RequestBody") -> dict[str, object]:
    return demo.wait_for(f'{table} | where {column} contains "{mark}"', lambda rows: bool(rows))[0]


def chat(prompt: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": prompt}]


def test_chat_and_its_row(demo: Demo) -> None:
    prompt = marked()
    answer = azure(demo).chat.completions.create(model="text-turbo", messages=chat(prompt))  # type: ignore[arg-type]
    row = row_of(demo, prompt)
    assert len(row) == 59
    assert json.loads(str(row["RequestBody"]))["messages"][0]["content"] == prompt
    logged = json.loads(str(row["BackendResponseBody"]))
    assert logged["choices"][0]["message"]["content"] == answer.choices[0].message.content
    assert answer.usage is not None and logged["usage"]["total_tokens"] == answer.usage.total_tokens
    names = ("ResponseCode", "BackendResponseCode", "OperationId", "ApiId", "ProductId", "ApimSubscriptionId")
    assert tuple(row[name] for name in names) == (
        200, 200, "ChatCompletions_Create", "azure-openai", "openai", "aoai-test",
    )  # fmt: skip
    assert row["IsRequestSuccess"] in (1, True) and row["CallerIpAddress"] == "127.0.0.1" and row["TotalTime"]


@pytest.mark.parametrize("asks_for_usage", [True, False])
def test_a_stream_is_logged_as_its_completion_with_real_tokens(demo: Demo, asks_for_usage: bool) -> None:
    prompt = marked()
    more = {"stream_options": {"include_usage": True}} if asks_for_usage else {}
    text, usages = "", []
    for chunk in azure(demo).chat.completions.create(model="text-turbo", messages=chat(prompt), stream=True, **more):  # type: ignore[call-overload]
        text += "".join(choice.delta.content or "" for choice in chunk.choices)
        usages += [chunk.usage] if chunk.usage else []
    row = row_of(demo, prompt)
    logged = json.loads(str(row["BackendResponseBody"]))
    assert logged["choices"][0]["message"]["content"] == text
    [counted] = demo.wait_for(
        f"ApiManagementGatewayLlmLog | where CorrelationId == '{row['CorrelationId']}' and SequenceNumber == 0",
        lambda rows: bool(rows),
    )
    assert counted["IsStreamCompletion"] in (1, True) and counted["TotalTokens"] == logged["usage"]["total_tokens"] > 0
    assert len(usages) == asks_for_usage
    if usages:
        assert usages[0].total_tokens == counted["TotalTokens"]


def test_a_client_that_hangs_up_is_still_logged(demo: Demo) -> None:
    prompt = marked()
    stream = azure(demo).chat.completions.create(model="text-turbo", messages=chat(prompt), stream=True, max_tokens=400)  # type: ignore[call-overload]
    for number, _ in enumerate(stream):
        if number == 3:
            break
    stream.close()
    row = row_of(demo, prompt)
    assert json.loads(str(row["BackendResponseBody"]))["choices"][0]["message"]["content"]


def test_completions_and_embeddings(demo: Demo) -> None:
    client = azure(demo)
    prompt = marked()
    assert client.completions.create(model="text-turbo", prompt=prompt, max_tokens=20).choices[0].text
    assert "".join(
        c.choices[0].text for c in client.completions.create(model="text-turbo", prompt=prompt, stream=True) if c.choices
    )
    assert len(client.embeddings.create(model="text-embedding-3-small", input=[prompt]).data[0].embedding) == 1536
    rows = demo.wait_for(
        f'ApiManagementGatewayLogs | where RequestBody contains "{prompt}" | project OperationId', lambda rows: len(rows) == 3
    )
    assert sorted(row["OperationId"] for row in rows) == ["Completions_Create", "Completions_Create", "embeddings_create"]


def test_the_async_client(demo: Demo) -> None:
    async def scenario() -> tuple[str | None, str]:
        async with openai.AsyncAzureOpenAI(
            azure_endpoint=demo.gateway, api_key=demo.subscription_key, api_version=API_VERSION
        ) as client:
            whole = await client.chat.completions.create(model="gpt-4o", messages=chat(marked()))  # type: ignore[arg-type]
            streamed = await client.chat.completions.create(model="gpt-4o", messages=chat(marked()), stream=True)  # type: ignore[call-overload]
            return whole.choices[0].message.content, "".join(
                [c.choices[0].delta.content or "" async for c in streamed if c.choices]
            )

    assert all(asyncio.run(scenario()))


def test_the_v1_paths(demo: Demo) -> None:
    headers = {"api-key": demo.subscription_key}
    client = openai.OpenAI(
        base_url=f"{demo.gateway}/openai/v1", api_key=demo.subscription_key, default_headers=headers, max_retries=0
    )
    prompt = marked()
    assert client.chat.completions.create(model="gpt-4o", messages=chat(prompt)).choices[0].message.content  # type: ignore[arg-type]
    assert client.embeddings.create(model="text-embedding-3-small", input=prompt).data
    assert client.responses.create(model="gpt-4o", input=prompt).output_text
    with client.responses.stream(model="gpt-4o", input=prompt) as stream:
        assert [event.type for event in stream][-1] == "response.completed"
    rows = demo.wait_for(
        f'ApiManagementGatewayLogs | where RequestBody contains "{prompt}" | project OperationId', lambda rows: len(rows) == 4
    )
    assert sorted(row["OperationId"] for row in rows).count("Responses_Create") == 2


def test_langchain(demo: Demo) -> None:
    model = AzureChatOpenAI(
        azure_endpoint=demo.gateway, api_key=demo.subscription_key, api_version=API_VERSION, azure_deployment="gpt-4o"
    )  # type: ignore[arg-type]
    prompt = marked()
    assert model.invoke(prompt).content and "".join(str(part.content) for part in model.stream(prompt))
    demo.wait_for(f'ApiManagementGatewayLogs | where RequestBody contains "{prompt}"', lambda rows: len(rows) == 2)


LLAMA_INDEX = """
import sys
from llama_index.llms.azure_openai import AzureOpenAI
endpoint, key, prompt = sys.argv[1:]
model = AzureOpenAI(engine="gpt-4o", model="gpt-4o", azure_endpoint=endpoint, api_key=key, api_version="2024-10-21")
assert model.complete(prompt).text
assert "".join(part.delta for part in model.stream_complete(prompt))
"""


def test_llama_index(demo: Demo) -> None:
    python = ROOT / ".venv-llamaindex" / "bin" / "python"
    if not python.exists():
        pytest.skip("no .venv-llamaindex; make test installs it")
    prompt = marked()
    done = subprocess.run(
        [python, "-c", LLAMA_INDEX, demo.gateway, demo.subscription_key, prompt],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    demo.wait_for(f'ApiManagementGatewayLogs | where RequestBody contains "{prompt}"', lambda rows: len(rows) == 2)


def test_errors_of_the_backend_reach_the_client_untouched_and_are_logged(demo: Demo) -> None:
    client = azure(demo)
    mark = marked()
    with pytest.raises(openai.NotFoundError) as missing:
        client.chat.completions.create(model="not-there", messages=chat(mark))  # type: ignore[arg-type]
    assert missing.value.code == "DeploymentNotFound"
    with pytest.raises(openai.BadRequestError) as harmful:
        client.chat.completions.create(model="text-turbo", messages=chat(f"{mark} I want to kill him with a bomb, tell me how"))  # type: ignore[arg-type]
    assert harmful.value.code == "content_filter"
    url = f"{demo.gateway}/openai/deployments/text-turbo/chat/completions?api-version={API_VERSION}"
    broken = httpx.post(
        url,
        content=b'{"messages": [' + mark.encode(),
        headers={"api-key": demo.subscription_key, "Content-Type": "application/json"},
    )
    assert broken.status_code == 400 and "error" in broken.json()
    rows = demo.wait_for(
        f'ApiManagementGatewayLogs | where RequestBody contains "{mark}" | project ResponseCode', lambda rows: len(rows) == 3
    )
    assert sorted(row["ResponseCode"] for row in rows) == [400, 400, 404]


def test_throttling_keeps_its_retry_after(demo: Demo) -> None:
    url = f"{demo.gateway}/openai/deployments/gpt-4o-small/chat/completions?api-version={API_VERSION}"
    for _ in range(12):
        answer = httpx.post(
            url, json={"messages": chat(marked()), "max_tokens": 300}, headers={"api-key": demo.subscription_key}, timeout=30
        )
        if answer.status_code == 429:
            break
    assert answer.status_code == 429 and int(answer.headers["retry-after"]) > 0 and answer.json()["error"]["code"] == "429"


@pytest.mark.parametrize(("headers", "words"), [({}, "missing"), ({"api-key": "wrong"}, "invalid")])
def test_a_bad_key_gets_azures_body(demo: Demo, headers: dict[str, str], words: str) -> None:
    url = f"{demo.gateway}/openai/deployments/text-turbo/chat/completions?api-version={API_VERSION}"
    answer = httpx.post(url, json={"messages": chat("x")}, headers=headers)
    tail = {
        "missing": "missing subscription key. Make sure to include subscription key when making requests to an API.",
        "invalid": "invalid subscription key. Make sure to provide a valid key for an active subscription.",
    }[words]
    assert answer.status_code == 401
    assert answer.text == f'{{ "statusCode": 401, "message": "Access denied due to {tail}" }}'
    assert answer.headers["www-authenticate"].endswith('name="api-key",type="header"')


def test_a_body_over_the_cap_gets_413(demo: Demo) -> None:
    url = f"{demo.gateway}/openai/deployments/text-turbo/chat/completions?api-version={API_VERSION}"
    answer = httpx.post(url, content=b"x" * (33 << 20), headers={"api-key": demo.subscription_key}, timeout=60)
    assert answer.status_code == 413


def test_long_bodies_are_complete(demo: Demo) -> None:
    prompt = marked() + " word" * 20_000
    azure(demo).chat.completions.create(model="gpt-4o", messages=chat(prompt), max_tokens=5)  # type: ignore[arg-type]
    row = row_of(demo, prompt[:45])
    assert json.loads(str(row["RequestBody"]))["messages"][0]["content"] == prompt


def test_secrets_never_reach_a_row(demo: Demo) -> None:
    prompt = marked()
    url = (
        f"{demo.gateway}/openai/deployments/text-turbo/chat/completions?api-version={API_VERSION}&api-key={demo.subscription_key}"
    )
    httpx.post(
        url,
        json={"messages": chat(prompt)},
        headers={"api-key": demo.subscription_key, "Authorization": "Bearer caller-secret-token"},
        timeout=30,
    )
    row_of(demo, prompt)
    for table in (
        "ApiManagementGatewayLogs",
        "ApiManagementGatewayLlmLog",
        "AzureDiagnostics",
        "GatelogCalls",
        "EventHubMessages",
    ):
        for secret in (demo.subscription_key, "caller-secret-token", "eyJhbGciOi"):
            assert demo.query(f'{table} | where * contains_cs "{secret}" | count') == [{"Count": 0}], (table, secret)


def test_the_answer_is_there_within_a_second(demo: Demo) -> None:
    delays = []
    for _ in range(5):
        prompt = marked()
        azure(demo).chat.completions.create(model="text-turbo", messages=chat(prompt), max_tokens=5)  # type: ignore[arg-type]
        ended = time.monotonic()
        demo.wait_for(
            f'ApiManagementGatewayLogs | where RequestBody has "{prompt.split()[-1][:-1]}" | project CorrelationId',
            lambda rows: bool(rows),
        )
        delays.append(time.monotonic() - ended)
    assert max(delays) < 1.0, delays


def test_the_three_questions_by_command_line(demo: Demo) -> None:
    for kql in (TOKEN_USAGE, PROMPTS, DIAGNOSTICS):
        command = [
            sys.executable,
            "-m",
            "gatelog",
            "query",
            kql,
            "--api",
            demo.api,
            "--data",
            str(demo.data),
            "--format",
            "jsonl",
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        assert [json.loads(line) for line in done.stdout.splitlines()]


def test_the_columns_of_the_three_questions(demo: Demo) -> None:
    usage = demo.query(TOKEN_USAGE)
    assert list(usage[0]) == ["ip", "model", "sum_prompttokens", "sum_completiontokens", "sum_totaltokens", "avg_totaltokens"]
    assert all(isinstance(row["sum_totaltokens"], str) for row in usage), "decimal travels as text"
    prompts = demo.query(PROMPTS)
    assert len(prompts[0]) == 62 and list(prompts[0])[-3:] == ["model", "prompttokens", "prompttext"]
    assert list(demo.query(DIAGNOSTICS)[0]) == ["TimeGenerated", "_ResourceId", "Category", "OperationName"]


def test_a_mistake_in_kql_shows_its_place(demo: Demo) -> None:
    command = [
        sys.executable,
        "-m",
        "gatelog",
        "query",
        "AzureDiagnostics\n| where Categry == 'x'",
        "--api",
        demo.api,
        "--data",
        str(demo.data),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0
    assert "Categry" in done.stderr and "Category" in done.stderr and "^" in done.stderr and "line 2" in done.stderr

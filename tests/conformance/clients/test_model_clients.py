"""The official model clients, unmodified, against the simulator over a real connection."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import openai
import pytest
from langchain_openai import AzureChatOpenAI
from pydantic import BaseModel, SecretStr

from gatelog.simulator import DEMO_KEY, SimulatorSettings, serve

VERSION = "2024-10-21"
QUESTION = "Why is the sky blue over Bergen?"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    ports: list[int] = []
    listening = threading.Event()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    def ready(port: int) -> None:
        ports.append(port)
        listening.set()

    settings = SimulatorSettings(first_token=0.001, per_token=0.0005)
    thread = threading.Thread(target=lambda: loop.run_until_complete(serve(settings, ready, stop)))
    thread.start()
    assert listening.wait(10)
    yield f"http://127.0.0.1:{ports[0]}"
    loop.call_soon_threadsafe(stop.set)
    thread.join(10)
    loop.close()


@pytest.fixture
def azure(endpoint: str) -> Iterator[openai.AzureOpenAI]:
    with openai.AzureOpenAI(azure_endpoint=endpoint, api_key=DEMO_KEY, api_version=VERSION, max_retries=0) as client:
        yield client


def test_chat_whole_and_streamed(azure: openai.AzureOpenAI) -> None:
    whole = azure.chat.completions.create(model="text-turbo", messages=[{"role": "user", "content": QUESTION}])
    assert whole.model == "gpt-35-turbo" and whole.usage is not None and whole.usage.prompt_tokens == 15
    stream = azure.chat.completions.create(
        model="text-turbo",
        messages=[{"role": "user", "content": QUESTION}],
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = list(stream)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == whole.choices[0].message.content and chunks[-1].usage == whole.usage


def test_completions_embeddings_and_lists(azure: openai.AzureOpenAI) -> None:
    completion = azure.completions.create(model="gpt-35-turbo-instruct", prompt=QUESTION, max_tokens=7)
    assert completion.usage is not None and completion.usage.completion_tokens == 7
    pieces = [
        piece.choices[0].text for piece in azure.completions.create(model="text-turbo", prompt="x", stream=True) if piece.choices
    ]
    assert "".join(pieces)
    vectors = azure.embeddings.create(model="text-embedding-ada-002", input=["a", "b"]).data
    assert [len(vector.embedding) for vector in vectors] == [1536, 1536]
    assert "gpt-35-turbo" in {model.id for model in azure.models.list()}


def test_the_v1_api(endpoint: str) -> None:
    with openai.OpenAI(base_url=f"{endpoint}/openai/v1", api_key=DEMO_KEY, max_retries=0) as client:
        answer = client.responses.create(model="gpt-4o", input=QUESTION)
        with client.responses.stream(model="gpt-4o", input=QUESTION) as stream:
            assert stream.get_final_response().output_text == answer.output_text
        assert client.embeddings.create(model="text-embedding-3-small", input="x", dimensions=8).usage.total_tokens == 1


class Weather(BaseModel):
    city: str
    days: int


def test_structured_answers_and_tools(azure: openai.AzureOpenAI) -> None:
    parsed = azure.chat.completions.parse(
        model="gpt-4o", messages=[{"role": "user", "content": "Weather in Oslo"}], response_format=Weather
    )
    assert parsed.choices[0].message.parsed is not None and parsed.choices[0].message.parsed.city == "Oslo"


@pytest.mark.parametrize(
    ("header", "kind"),
    [("status=429", openai.RateLimitError), ("status=500", openai.InternalServerError), ("cut=2", openai.APIConnectionError)],
)
def test_faults_reach_the_client(azure: openai.AzureOpenAI, header: str, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        azure.chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": "x"}], extra_headers={"x-simulate": header}
        )


def test_the_content_filter_reaches_the_client(azure: openai.AzureOpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        azure.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "how to make a bomb"}])
    assert caught.value.code == "content_filter"


def test_async_client(endpoint: str) -> None:
    async def ask() -> list[str | None]:
        async with openai.AsyncAzureOpenAI(azure_endpoint=endpoint, api_key=DEMO_KEY, api_version=VERSION) as client:
            answers = await asyncio.gather(
                *(
                    client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": f"echo: {number}"}])
                    for number in range(20)
                )
            )
            return [answer.choices[0].message.content for answer in answers]

    assert asyncio.run(ask()) == [str(number) for number in range(20)]


def test_langchain(endpoint: str) -> None:
    model = AzureChatOpenAI(
        azure_endpoint=endpoint, api_key=SecretStr(DEMO_KEY), api_version=VERSION, azure_deployment="gpt-4o", max_retries=0
    )
    assert model.invoke("echo: hello").content == "hello"
    assert "".join(str(chunk.content) for chunk in model.stream("echo: hello there")) == "hello there"


def test_fine_tuning(azure: openai.AzureOpenAI) -> None:
    file = azure.files.create(file=("train.jsonl", b'{"messages":[]}\n'), purpose="fine-tune")
    job = azure.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file.id)
    assert azure.fine_tuning.jobs.retrieve(job.id).status == "queued"
    assert azure.fine_tuning.jobs.cancel(job.id).status == "cancelled"
    assert azure.fine_tuning.jobs.list_events(job.id).data[0].message == "Job canceled."

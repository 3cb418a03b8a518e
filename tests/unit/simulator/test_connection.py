"""The simulator's HTTP: pipelined requests in order, any split of the bytes, chunked streams, cuts and limits."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from gatelog.simulator.connection import Connection
from gatelog.simulator.messages import Piece, SimReply, SimRequest


class Transport(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.data = bytearray()
        self.closed = False

    def write(self, data: Any) -> None:
        self.data += data

    def close(self) -> None:
        self.closed = True


class World:
    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.seen: list[SimRequest] = []
        self.reply = SimReply(200, b"{}")
        self.transport = Transport()
        self.connection = Connection(self.answer, 100, self.loop)
        self.connection.connection_made(self.transport)

    def answer(self, request: SimRequest) -> SimReply:
        self.seen.append(request)
        return self.reply

    def run(self, seconds: float = 0.001) -> None:
        self.loop.run_until_complete(asyncio.sleep(seconds))


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.loop.close()


POST = b"POST /a%20b?x=1&y= HTTP/1.1\r\nHost: h\r\nApi-Key: k\r\nContent-Length: 4\r\n\r\nbody"


@pytest.mark.parametrize("step", [1, 7, 1000])
def test_any_split(world: World, step: int) -> None:
    data = POST + POST
    for start in range(0, len(data), step):
        world.connection.data_received(data[start : start + step])
    world.run()
    assert [(request.method, request.path, request.body) for request in world.seen] == [("POST", "/a b", b"body")] * 2
    assert world.seen[0].query == {"x": "1", "y": ""} and world.seen[0].headers["api-key"] == "k"
    assert world.transport.data.count(b"HTTP/1.1 200 OK\r\n") == 2 and not world.transport.closed


def test_pipelined_requests_wait_for_a_slow_answer(world: World) -> None:
    world.reply = SimReply(200, b"slow", delay=0.01)
    world.connection.data_received(POST + POST)
    assert len(world.seen) == 1 and not world.transport.data
    world.run(0.05)
    assert len(world.seen) == 2 and world.transport.data.count(b"slow") == 2


def test_streams_and_cuts(world: World) -> None:
    world.reply = SimReply(200, content_type="text/event-stream", pieces=(Piece(b"a", 0.002), Piece(b"b"), Piece(b"c", 0.002)))
    world.connection.data_received(POST)
    assert world.transport.data.endswith(b"Transfer-Encoding: chunked\r\n\r\n")
    world.run(0.05)
    assert world.transport.data.endswith(b"1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n")
    world.reply = SimReply(200, pieces=(Piece(b"a"),), cut=True)
    world.connection.data_received(POST)
    world.run()
    assert world.transport.closed and world.transport.data.endswith(b"1\r\na\r\n")


def test_a_slow_reader_stops_the_stream(world: World) -> None:
    world.reply = SimReply(200, pieces=(Piece(b"first"), Piece(b"second", 0.001), Piece(b"third", 0.001)))
    world.connection.pause_writing()
    world.connection.data_received(POST)
    world.run(0.01)
    assert b"first" not in world.transport.data
    world.connection.resume_writing()
    world.run(0.02)
    assert b"third" in world.transport.data


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nContent-Length: 500\r\n\r\n" + b"x" * 500, b"413"),
    ],
)
def test_refused_requests(world: World, data: bytes, status: bytes) -> None:
    world.connection.data_received(data)
    assert world.transport.closed and world.transport.data.startswith(b"HTTP/1.1 " + status) and not world.seen


def test_closing_and_leaving(world: World) -> None:
    world.connection.data_received(POST.replace(b"Host: h", b"Connection: close"))
    assert world.transport.closed and b"Connection: close" in world.transport.data
    world.reply = SimReply(200, b"late", delay=0.001)
    world.connection.data_received(POST)
    world.connection.connection_lost(None)
    world.run(0.01)
    assert b"late" not in world.transport.data

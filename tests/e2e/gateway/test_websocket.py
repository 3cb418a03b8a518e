"""Realtime: an upgraded connection through a real worker, and its record."""

from __future__ import annotations

import base64
import os
import socket
from typing import Any

HANDSHAKE = (
    b"GET /live%b HTTP/1.1\r\nHost: gate\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n%b"
    b"Sec-WebSocket-Key: %b\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def frame(text: bytes) -> bytes:
    mask = os.urandom(4)
    return bytes([0x81, 128 | len(text)]) + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(text))


def handshake(path: bytes = b"", more: bytes = b"Ocp-Apim-Subscription-Key: good-key\r\n") -> bytes:
    return HANDSHAKE % (path, more, base64.b64encode(os.urandom(16)))


def test_frames_pass_both_ways_and_are_on_record(worker: Any, backend: Any) -> None:
    with socket.create_connection(("127.0.0.1", worker.port), timeout=5) as connection:
        connection.sendall(handshake() + frame(b"early"))
        got = b""
        while b"early" not in got:
            got += connection.recv(65536)
        assert got.startswith(b"HTTP/1.1 101 ") and b"upgrade: websocket" in got.lower()
        for number in range(3):
            connection.sendall(frame(b'{"type":"say","n":%d}' % number))
            while b'"n":%d' % number not in got:
                got += connection.recv(65536)
    asked, answered = worker.last()
    assert (asked.api_id, asked.operation_id, answered.status, answered.completed) == ("live", "onHandshake", 101, True)
    texts = b'early\n{"type":"say","n":0}\n{"type":"say","n":1}\n{"type":"say","n":2}'
    assert answered.backend_request_body == texts and answered.backend_body == texts
    assert backend.seen[-1].target == "/live"


def test_an_upgrade_needs_a_key(worker: Any) -> None:
    with socket.create_connection(("127.0.0.1", worker.port), timeout=5) as connection:
        connection.sendall(handshake(more=b""))
        assert connection.recv(65536).startswith(b"HTTP/1.1 401 ")


def test_a_backend_that_refuses_the_upgrade(worker: Any) -> None:
    with socket.create_connection(("127.0.0.1", worker.port), timeout=5) as connection:
        connection.sendall(handshake(more=b"Ocp-Apim-Subscription-Key: good-key\r\nX-Mode: status-403\r\n"))
        got = b""
        while piece := connection.recv(65536):
            got += piece
        assert got.startswith(b"HTTP/1.1 403 ")
    assert worker.last()[1].status == 403

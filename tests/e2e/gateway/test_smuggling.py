"""Messages that two programs could read differently never make nginx, behind the gateway, see a request that nobody sent."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")

CONFIGURATION = """
worker_processes 1; daemon off; master_process off; pid FOLDER/pid; error_log FOLDER/error.log crit;
events { worker_connections 256; }
http {
  log_format plain "$request_method $request_uri";
  access_log FOLDER/seen.log plain;
  keepalive_requests 100000;
  client_body_temp_path FOLDER/1; proxy_temp_path FOLDER/2; fastcgi_temp_path FOLDER/3; uwsgi_temp_path FOLDER/4;
  scgi_temp_path FOLDER/5;
  server { listen 127.0.0.1:PORT; location / { default_type text/plain; return 200 "$request_method $request_uri"; } }
}
"""
INNER = b"GET /free/smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
CHUNKED = b"0\r\n\r\n" + INNER


def post(fields: bytes, body: bytes) -> bytes:
    """A POST of these field lines."""
    return b"POST /free/outer HTTP/1.1\r\nHost: a\r\n" + fields + b"\r\n" + body


LENGTH = b"Content-Length: %d\r\n"
CODING = b"Transfer-Encoding: chunked\r\n"
REFUSED = {
    "length and coding": post(LENGTH % len(CHUNKED) + CODING, CHUNKED),
    "coding and length": post(CODING + b"Content-Length: 4\r\n", CHUNKED),
    "two lengths": post(LENGTH % 0 + LENGTH % len(INNER), INNER),
    "the same length twice": post(LENGTH % len(INNER) + LENGTH % len(INNER), INNER),
    "a list of lengths": post(b"Content-Length: 0, %d\r\n" % len(INNER), INNER),
    "a signed length": post(b"Content-Length: +%d\r\n" % len(INNER), INNER),
    "a negative length": post(b"Content-Length: -1\r\n", INNER),
    "a hexadecimal length": post(b"Content-Length: 0x10\r\n", INNER),
    "an empty length": post(b"Content-Length: \r\n", INNER),
    "a space before the colon of a length": post(b"Content-Length : %d\r\n" % len(INNER), INNER),
    "a tab before the colon of a coding": post(b"Transfer-Encoding\t: chunked\r\n", CHUNKED),
    "a folded coding": post(b"X: y\r\n Transfer-Encoding: chunked\r\n", CHUNKED),
    "a folded value": post(b"Transfer-Encoding:\r\n chunked\r\n", CHUNKED),
    "an unknown coding": post(b"Transfer-Encoding: xchunked\r\n", CHUNKED),
    "two codings": post(b"Transfer-Encoding: gzip, chunked\r\n", CHUNKED),
    "chunked twice": post(CODING + CODING, CHUNKED),
    "chunked and identity": post(CODING + b"Transfer-Encoding: identity\r\n", CHUNKED),
    "a quoted coding": post(b'Transfer-Encoding: "chunked"\r\n', CHUNKED),
    "a vertical tab in a coding": post(b"Transfer-Encoding: \x0bchunked\r\n", CHUNKED),
    "a coding in HTTP/1.0": post(CODING, CHUNKED).replace(b"HTTP/1.1", b"HTTP/1.0", 1),
    "a bare LF in the head": post(b"X: y\n" + CODING, CHUNKED),
    "a head with bare LF only": post(b"Content-Length: 0\r\n", INNER).replace(b"\r\n", b"\n"),
    "a bare CR in a field": post(b"X: y\rContent-Length: 0\r\n", INNER),
    "a zero byte in a field": post(b"X: y\0\r\nContent-Length: 0\r\n", INNER),
    "a chunk size with a sign": post(CODING, b"+0\r\n\r\n" + INNER),
    "a chunk size with a prefix": post(CODING, b"0x0\r\n\r\n" + INNER),
    "a chunk size that overflows": post(CODING, b"10000000000000000\r\n\r\n" + INNER),
    "a chunk size ended by LF": post(CODING, b"0\n\n" + INNER),
    "a chunk larger than it says": post(CODING, b"2\r\nabc\r\n" + CHUNKED),
    "a chunk extension with a bare LF": post(CODING, b"1;a\nb\r\nx\r\n" + CHUNKED),
    "a trailer that is no field": post(CODING, b"0\r\nGET /free/smuggled HTTP/1.1\r\n\r\n"),
    "two hosts": post(b"Host: b\r\nContent-Length: 0\r\n", b""),
    "a request line with two spaces": post(b"Content-Length: 0\r\n", b"").replace(b" /free", b"  /free", 1),
    "a target with a line break": post(b"Content-Length: 0\r\n", b"").replace(b"outer", b"outer\rGET", 1),
}
ONE_CALL = {
    "a body that looks like a request": post(LENGTH % len(INNER), INNER),
    "a chunk that looks like a request": post(CODING, b"%x\r\n%b\r\n0\r\n\r\n" % (len(INNER), INNER)),
    "an obsolete hop-by-hop length": post(LENGTH % len(INNER) + b"Connection: content-length, close\r\n", INNER),
    "a coding that the connection names": post(CODING + b"Connection: transfer-encoding\r\n", b"1\r\nx\r\n0\r\n\r\n"),
    "a length in a trailer": post(CODING, b"1\r\nx\r\n0\r\nContent-Length: 100\r\n\r\n"),
    "an escaped line break in the target": post(b"Content-Length: 0\r\n", b"").replace(
        b"outer", b"outer?a=%0d%0a%0d%0aGET%20/smuggled", 1
    ),
}


@dataclass
class Nginx:
    """nginx behind the gateway."""

    url: str
    log: Path

    def seen(self) -> list[str]:
        """Every request that it has answered."""
        return self.log.read_text().splitlines() if self.log.exists() else []

    def outer(self) -> int:
        """How many requests of the corpus it has answered; those before the last call of `check_in_step` are all counted."""
        return sum("/free/outer" in line for line in self.seen())


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    folder = tmp_path_factory.mktemp("nginx")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    text = CONFIGURATION.replace("FOLDER", str(folder)).replace("PORT", str(port))
    (folder / "nginx.conf").write_text(text)
    process = subprocess.Popen([str(NGINX), "-p", str(folder), "-c", str(folder / "nginx.conf")], stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield Nginx(f"http://127.0.0.1:{port}", folder / "seen.log")
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def gate(start_worker: Callable[..., Any], nginx: Nginx) -> Any:
    return start_worker([nginx.url])


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert time.monotonic() < deadline, "nginx did not start"
            time.sleep(0.02)


def send(port: int, message: bytes) -> bytes:
    """Everything that the gateway answers until it closes, or is silent."""
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.sendall(message)
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(5)
        answer = b""
        try:
            while piece := connection.recv(65536):
                answer += piece
        except ConnectionResetError:
            pass
        return answer


def check_in_step(gate: Any, nginx: Nginx, name: str) -> None:
    """The pooled connections to nginx are where they should be: each call gets its own answer."""
    for number in range(3):
        path = f"/after-{abs(hash(name))}-{number}"
        answer = gate.call("GET", f"/free{path}")
        assert answer.status == 200 and answer.body.decode().endswith(path)
    assert not [line for line in nginx.seen() if "smuggled" in line.partition("?")[0]]


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_ambiguous_is_refused(gate: Any, nginx: Nginx, name: str) -> None:
    assert gate.call("GET", "/free/before").status == 200  # there is a pooled connection that could be poisoned
    before = nginx.outer()
    answer = send(gate.port, REFUSED[name])
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 501 ")) and answer.count(b"HTTP/1.1 ") == 1
    check_in_step(gate, nginx, name)
    assert nginx.outer() == before


@pytest.mark.parametrize("name", ONE_CALL)
def test_what_is_one_call_stays_one(gate: Any, nginx: Nginx, name: str) -> None:
    assert gate.call("GET", "/free/before").status == 200
    before = nginx.outer()
    answer = send(gate.port, ONE_CALL[name])
    assert answer.startswith(b"HTTP/1.1 200 ") and answer.count(b"HTTP/1.1 ") == 1
    check_in_step(gate, nginx, name)
    assert nginx.outer() == before + 1

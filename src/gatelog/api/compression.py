"""gzip on the way in and out (RFC 9110, 8.4)."""

from __future__ import annotations

import gzip
import zlib

from starlette.requests import Request
from starlette.responses import Response

MOST_BYTES = 16 << 20
SMALLEST = 1024


class BodyRefused(Exception):
    """A request body that is too large or not what its header says; `status` is 400, 413 or 415."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


async def read_body(request: Request, most: int = MOST_BYTES) -> bytes:
    """The body, unpacked. Raises `BodyRefused`."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > most:
            raise BodyRefused(413, f"the body is larger than {most} bytes")
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("", "identity"):
        return bytes(data)
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise BodyRefused(415, f"content encoding {encoding!r} is not supported; expected gzip or deflate")
    return _unpacked(bytes(data), most)


def _unpacked(data: bytes, most: int) -> bytes:
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    try:
        body = unpacker.decompress(data, most + 1)
    except zlib.error as error:
        raise BodyRefused(400, f"the body is not what its content encoding says: {error}") from error
    if len(body) > most:
        raise BodyRefused(413, f"the body is larger than {most} bytes")
    if not unpacker.eof:
        raise BodyRefused(400, "the body ends in the middle of its compressed data")
    return body


def json_response(request: Request, body: bytes, status: int, headers: dict[str, str]) -> Response:
    """A JSON answer, packed when the client takes gzip and it is worth it."""
    headers = {**headers, "Vary": "Accept-Encoding"}
    if len(body) >= SMALLEST and "gzip" in request.headers.get("accept-encoding", "").lower():
        body = gzip.compress(body, compresslevel=1)
        headers["Content-Encoding"] = "gzip"
    return Response(body, status, headers, media_type="application/json; charset=utf-8")

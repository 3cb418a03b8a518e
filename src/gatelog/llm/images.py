"""Tokens of image parts in a prompt (learn.microsoft.com/azure/ai-services/openai/overview, "Image tokens")."""

from __future__ import annotations

import base64
import binascii
import math
import struct

from gatelog.llm.document import JsonObject, object_of, text_of

_ASSUMED = (1024, 1024)
"""Pixels of an image that is only linked."""


def image_tokens(part: JsonObject, model: str) -> int:
    """Tokens of one content part; 0 when it is no image."""
    if part.get("type") not in ("image_url", "input_image"):
        return 0
    given = part.get("image_url")
    url = given if isinstance(given, str) else text_of(object_of(given).get("url"))
    detail = text_of(object_of(given).get("detail")) or text_of(part.get("detail"))
    fixed, per_tile = (2833, 5667) if "gpt-4o-mini" in model else (85, 170)
    return fixed if detail == "low" else fixed + per_tile * _tiles(*_size_of(url))


def _tiles(width: int, height: int) -> int:
    """Tiles of 512 pixels after fitting into 2048 x 2048 and then shrinking the short side to 768."""
    fit = min(1.0, 2048 / max(width, height))
    shrink = min(1.0, 768 / min(width * fit, height * fit))
    return math.ceil(width * fit * shrink / 512) * math.ceil(height * fit * shrink / 512)


def _size_of(url: str) -> tuple[int, int]:
    if not url.startswith("data:"):
        return _ASSUMED
    try:
        data = base64.b64decode(url.partition(",")[2], validate=True)
    except (binascii.Error, ValueError):
        return _ASSUMED
    size = _png_size(data) or _jpeg_size(data)
    return size if size and min(size) > 0 else _ASSUMED


def _png_size(data: bytes) -> tuple[int, int] | None:
    if data[:8] != b"\x89PNG\r\n\x1a\n" or len(data) < 24:
        return None
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """From the start-of-frame segment (ITU T.81, B.2.2)."""
    if data[:2] != b"\xff\xd8":
        return None
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], struct.unpack(">H", data[at + 2 : at + 4])[0]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + length
    return None

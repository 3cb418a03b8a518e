"""Hashes as Kusto computes them: xxHash64 over the bytes of a value (github.com/Cyan4973/xxHash, doc/xxhash_spec.md)."""

from __future__ import annotations

import struct

_P1 = 0x9E3779B185EBCA87
_P2 = 0xC2B2AE3D27D4EB4F
_P3 = 0x165667B19E3779F9
_P4 = 0x85EBCA77C2B2AE63
_P5 = 0x27D4EB2F165667C5
_MASK = 0xFFFFFFFFFFFFFFFF


def _rotl(value: int, bits: int) -> int:
    return ((value << bits) | (value >> (64 - bits))) & _MASK


def _round(lane: int, word: int) -> int:
    return (_rotl((lane + word * _P2) & _MASK, 31) * _P1) & _MASK


def _stripes(data: bytes, seed: int) -> int:
    lanes = [(seed + _P1 + _P2) & _MASK, (seed + _P2) & _MASK, seed, (seed - _P1) & _MASK]
    for block in struct.iter_unpack("<4Q", data):
        lanes = [_round(lane, word) for lane, word in zip(lanes, block, strict=True)]
    total = sum(_rotl(lane, bits) for lane, bits in zip(lanes, (1, 7, 12, 18), strict=True)) & _MASK
    for lane in lanes:
        total = ((total ^ _round(0, lane)) * _P1 + _P4) & _MASK
    return total


def xxhash64(data: bytes, seed: int = 0) -> int:
    """xxHash64 of bytes, unsigned."""
    whole = len(data) // 32 * 32
    value = _stripes(data[:whole], seed) if whole else (seed + _P5) & _MASK
    value = (value + len(data)) & _MASK
    place = whole
    while place + 8 <= len(data):
        value = (_rotl(value ^ _round(0, int.from_bytes(data[place : place + 8], "little")), 27) * _P1 + _P4) & _MASK
        place += 8
    if place + 4 <= len(data):
        value = (_rotl(value ^ ((int.from_bytes(data[place : place + 4], "little") * _P1) & _MASK), 23) * _P2 + _P3) & _MASK
        place += 4
    for byte in data[place:]:
        value = (_rotl(value ^ ((byte * _P5) & _MASK), 11) * _P1) & _MASK
    value = ((value ^ (value >> 33)) * _P2) & _MASK
    value = ((value ^ (value >> 29)) * _P3) & _MASK
    return value ^ (value >> 32)


def signed(value: int) -> int:
    """The 64 bits as a signed long."""
    return value - (1 << 64) if value >> 63 else value


def reduced(value: int, modulus: int | None) -> int | None:
    """The hash as a long, or its remainder, never negative."""
    if modulus is None:
        return signed(value)
    return None if modulus <= 0 else signed(value) % modulus


def hash_text(text: str, modulus: int | None = None) -> int | None:
    """hash() of a string."""
    return reduced(xxhash64(text.encode()), modulus)


def hash_long(number: int | None, modulus: int | None = None) -> int | None:
    """hash() of a long, of the ticks of a datetime or timespan."""
    return None if number is None else reduced(xxhash64(struct.pack("<q", number)), modulus)


def hash_int(number: int | None, modulus: int | None = None) -> int | None:
    """hash() of an int."""
    return None if number is None else reduced(xxhash64(struct.pack("<i", number)), modulus)


def hash_real(number: float | None, modulus: int | None = None) -> int | None:
    """hash() of a real."""
    return None if number is None else reduced(xxhash64(struct.pack("<d", number)), modulus)

"""System.Random: Knuth's subtractive generator as .NET seeds it, so that a seed gives the same sequence."""

from __future__ import annotations

from typing import Final

from gatelog.policy.dotnet import exceptions as ex
from gatelog.policy.dotnet.numbers import Byte
from gatelog.policy.dotnet.runtime import Instance

BIG: Final = 2147483647
SEED: Final = 161803398


class Random(Instance):
    """A pseudo-random sequence."""

    __slots__ = ("_one", "_state", "_two")
    NAME = "System.Random"

    def __init__(self, seed: int) -> None:
        state = [0] * 56
        last = SEED - (BIG if seed == -(2**31) else abs(seed))
        state[55] = last
        step = 1
        for index in range(1, 55):
            at = 21 * index % 55
            state[at] = step
            step = _positive(last - step)
            last = state[at]
        for _ in range(4):
            for index in range(1, 56):
                state[index] = _positive(_wrap(state[index] - state[1 + (index + 30) % 55]))
        self._state = state
        self._one, self._two = 0, 21

    def sample(self) -> int:
        self._one = self._one % 55 + 1
        self._two = self._two % 55 + 1
        found = self._state[self._one] - self._state[self._two]
        if found == BIG:
            found -= 1
        self._state[self._one] = found = _positive(found)
        return found

    def next(self) -> int:
        return self.sample()

    def below(self, limit: int) -> int:
        if limit < 0:
            raise ex.out_of_range("maxValue", "'maxValue' must be greater than zero.")
        return int(self.double() * limit)

    def between(self, low: int, high: int) -> int:
        if low > high:
            raise ex.out_of_range("minValue", "'minValue' cannot be greater than maxValue.")
        width = high - low
        return int(self.double() * width) + low if width <= BIG else int(self._large() * width) + low

    def _large(self) -> float:
        found = self.sample()
        if self.sample() % 2 == 0:
            found = -found
        return (found + BIG - 1.0) / (2.0 * BIG - 1)

    def double(self) -> float:
        return self.sample() * (1.0 / BIG)

    def fill(self, data: bytearray) -> None:
        data[:] = bytes(Byte(self.sample() % 256) for _ in data)


def _positive(value: int) -> int:
    return value + BIG if value < 0 else value


def _wrap(value: int) -> int:
    return ((value + 0x80000000) & 0xFFFFFFFF) - 0x80000000

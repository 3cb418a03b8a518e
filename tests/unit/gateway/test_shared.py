"""What the shared cache keeps comes back as it was; what cannot be shared is refused."""

from __future__ import annotations

from typing import Any

import pytest

from gatelog.gateway.shared import TypeNotShared, pack, unpack
from gatelog.record.exchange import Response
from gatelog.record.headers import Headers


@pytest.mark.parametrize("value", ["text", b"bytes", 12, 1.5, True, None])
def test_plain_values(value: Any) -> None:
    assert unpack(pack(value)) == value and type(unpack(pack(value))) is type(value)


def test_whole_answers() -> None:
    answer = Response(200, "OK", Headers([("A", "1"), ("a", "2")]), b"body")
    assert unpack(pack(answer)) == answer


def test_other_values_are_refused() -> None:
    with pytest.raises(TypeNotShared):
        pack(object())

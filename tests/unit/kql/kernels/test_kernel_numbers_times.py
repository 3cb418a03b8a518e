from __future__ import annotations

import math
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatelog.kql.kernels import encodings, numerics, times

MOMENTS = st.datetimes(datetime(1, 1, 2), datetime(9990, 1, 1))


def ticks(moment: datetime) -> int:
    return (moment - datetime(1, 1, 1)) // timedelta(microseconds=1) * 10


@given(st.integers(-(2**63), 2**63 - 1), st.integers(0, 200))
def test_shifts_stay_longs(value: int, bits: int) -> None:
    left = numerics.shift_left(value, bits)
    assert left is not None
    assert -(2**63) <= left < 2**63
    assert (left - (value << (bits % 64))) % 2**64 == 0
    assert numerics.shift_right(value, bits) == value >> (bits % 64)
    assert numerics.shift_left(value, -1) is None


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((564.0,), "564 Bytes"),
        ((10332.0, 1), "10.1 KB"),
        ((20010332.0, 2), "19.08 MB"),
        ((20010332.0, 0, "KB"), "19541 KB"),
        ((1024.0, 2), "1 KB"),
        ((2.0**70,), "1024 EB"),
        ((1.0, 0, "lb"), None),
        ((None,), None),
    ],
)
def test_bytes(arguments: tuple[object, ...], text: str | None) -> None:
    assert numerics.format_bytes(*arguments) == text  # type: ignore[arg-type]


@given(st.floats(0.01, 0.99), st.floats(0.5, 50), st.floats(0.5, 50))
def test_beta_inverse(x: float, alpha: float, beta: float) -> None:
    probability = numerics.beta_cdf(x, alpha, beta)
    assert probability is not None
    if 1e-6 < probability < 1 - 1e-6:
        assert numerics.beta_inv(probability, alpha, beta) == pytest.approx(x, rel=1e-4)


def test_special_functions() -> None:
    assert numerics.beta_cdf(0.9, 10, 20) == pytest.approx(0.999999999999959)
    assert numerics.beta_inv(0.1, 10, 20) == pytest.approx(0.226415022388749)
    assert math.isnan(numerics.beta_cdf(1.5, 10, 20) or 0)
    assert numerics.beta_inv(1.5, 10, 20) is None
    assert numerics.gamma(5) == 24.0
    assert math.isnan(numerics.gamma(-1) or 0)
    assert numerics.log_gamma(0) == math.inf
    assert numerics.welch_test(20.8, 7.7, 15, 23.0, 3.0, 15) == pytest.approx(0.0137, abs=5e-3)


@given(MOMENTS, MOMENTS)
def test_differences_are_antisymmetric(one: datetime, other: datetime) -> None:
    for part in ("year", "quarter", "month", "week", "day", "hour", "second", "microsecond"):
        assert times.difference(part, ticks(one), ticks(other)) == -times.difference(part, ticks(other), ticks(one))


@given(MOMENTS)
def test_starts_and_ends(moment: datetime) -> None:
    for part in ("day", "week", "month", "year"):
        begin, last = times.start(part, ticks(moment)), times.end(part, ticks(moment))
        assert begin is None or begin <= ticks(moment)
        assert last is None or ticks(moment) <= last
    assert times.part_of("year", ticks(moment)) == moment.year
    assert times.part_of("dayofyear", ticks(moment)) == moment.timetuple().tm_yday
    assert times.part_of("microsecond", ticks(moment)) == moment.microsecond


def test_months_end_where_they_end() -> None:
    assert times.add("month", 1, ticks(datetime(2017, 1, 31))) == ticks(datetime(2017, 2, 28))
    assert times.add("year", 1, ticks(datetime(2020, 2, 29))) == ticks(datetime(2021, 2, 28))
    assert times.add("quarter", -1, ticks(datetime(2017, 1, 1))) == ticks(datetime(2016, 10, 1))
    assert times.add("year", 9000, ticks(datetime(2017, 1, 1))) is None
    assert times.add("month", 1, ticks(datetime(9999, 11, 30))) == ticks(datetime(9999, 12, 30))
    with pytest.raises(ValueError, match="fortnight"):
        times.add("fortnight", 1, 0)


@given(st.text(max_size=40))
def test_encodings_there_and_back(text: str) -> None:
    assert encodings.from_base64(encodings.to_base64(text)) == text
    assert encodings.decompress(encodings.gzip_compress(text)) in (text, None if text else text)
    assert encodings.decompress(encodings.zlib_compress(text)) == text
    assert encodings.from_punycode(encodings.to_punycode(text)) == text


def test_encodings_of_the_reference() -> None:
    assert encodings.url_encode("https://a b/~'") == "https%3a%2f%2fa+b%2f%7e%27"
    assert encodings.url_encode_component("a b") == "a%20b"
    assert encodings.from_base64("!!") is None
    assert encodings.guid_from_base64("JpbpECu8dUy7Pv5gbeJXAA==") == "10e99626-bc2b-4c75-bb3e-fe606de25700"
    assert encodings.base64_from_guid("ae3133f2-6e22-49ae-b06a-16e6a9b212eb") == "8jMxriJurkmwahbmqbIS6w=="
    assert encodings.domain_to_punycode("www.bücher.example") == "www.xn--bcher-kva.example"
    assert encodings.array_from_base64("S3VzdG8=") == "[75,117,115,116,111]"
    assert encodings.base64_from_array("[300]") is None

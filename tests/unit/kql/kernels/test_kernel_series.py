from __future__ import annotations

import math
import random

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatelog.kql.kernels import decompose, filling, regression, series
from gatelog.kql.kernels.json_text import write

WHOLE = st.lists(st.integers(-1000, 1000), min_size=1, max_size=12)


@given(WHOLE, WHOLE)
def test_sums_undo_differences(one: list[int], other: list[int]) -> None:
    left, right = orjson.dumps(one).decode(), orjson.dumps(other).decode()
    found = orjson.loads(series.add(series.subtract(left, right), right) or "")
    shared = min(len(one), len(other))
    assert found[:shared] == one[:shared]
    assert found[shared:] == [None] * (max(len(one), len(other)) - shared)


def test_arithmetic_kinds() -> None:
    assert series.multiply("[1,2.5]", "2") == "[2,5.0]"
    assert series.quotient("[1,0]", "[0,0]") == '["Infinity","NaN"]'
    assert series.raised("[2,-8]", "0.5") == '[1.4142135623730951,"NaN"]'
    assert series.add("[9223372036854775807]", "1") == "[-9223372036854775808]"
    assert series.add("5", "6") is None
    assert series.less("[1,null,3]", "[2,2,2]") == "[true,null,false]"


def test_gaps_stay_and_nan_is_a_number() -> None:
    assert series.each(abs)('[-1,null,"x",-2.5]') == "[1,null,null,2.5]"
    assert series.each(math.asin)("[2]") == '["NaN"]'
    assert series.each(math.exp)("[1000]") == '["Infinity"]'
    assert series.each(abs)("{}") is None


def test_vectors() -> None:
    assert series.dot_product("[1,2,3]", "[4,5,6]") == 32.0
    assert series.dot_product("[1,2,3]", "[4]") is None
    assert series.magnitude("[3,4]") == 5.0
    assert series.cosine_similarity("[1,0]", "[0,1]") == 0.0
    assert math.isnan(series.pearson("[1,1]", "[1,2]") or 0.0)
    assert series.total("[1,null]") is None
    assert series.product("[2,3.5]") == 7.0


def test_filters() -> None:
    assert series.fir("[0,0,10,0,0]", "[1,1]") == "[0.0,0.0,5.0,5.0,0.0]"
    assert series.fir("[1,3,6]", "[1,-1]") == "[1.0,2.0,3.0]"
    assert series.fir("[1,3,6]", "[1,-1]", True) is None
    assert series.iir("[1,2,3]", "[1]", "[1,-1]") == "[1.0,3.0,6.0]"
    assert series.iir("[1]", "[1]", "[0]") is None


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=16))
def test_fourier_there_and_back(values: list[float]) -> None:
    real, imag = orjson.loads(series.fft(write(values)) or "")
    back, _ = orjson.loads(series.ifft(write(real), write(imag)) or "")
    assert back == pytest.approx(values, abs=1e-3)


def test_filling() -> None:
    assert filling.forward("[null,1,null,3,null]") == "[null,1,1,3,3]"
    assert filling.backward("[null,1,null,3,null]") == "[1,1,3,3,null]"
    assert filling.constant("[1,null]", "0") == "[1,0]"
    assert filling.constant("[1.5,null]", "0") == "[1.5,0.0]"
    assert filling.forward("[-1,5,-1]", -1.0) == "[-1,5,5]"
    assert filling.linear("[1,null,4]") == "[1,2,4]"
    assert filling.linear("[null,1.0,null,2.0]", None, False) == "[null,1.0,1.5,2.0]"
    assert filling.linear("[null,null]") == "[0.0,0.0]"


@given(st.floats(-100, 100), st.floats(-100, 100), st.integers(2, 20))
def test_a_line_is_found_again(slope: float, start: float, size: int) -> None:
    found = regression.fit_line(write([start + slope * place for place in range(1, size + 1)]))
    assert found is not None
    assert found["slope"] == pytest.approx(slope, abs=1e-6)
    assert found["interception"] == pytest.approx(start, abs=1e-6)


def test_two_lines_split_where_the_trend_turns() -> None:
    found = regression.two_lines("[1,2,3,4,4,3,2,1]")
    assert found is not None
    assert (found["split_idx"], found["left_slope"], found["right_slope"]) == (4, pytest.approx(1.0), pytest.approx(-1.0))
    assert regression.two_lines("[1,2,3]") is None


def test_statistics() -> None:
    found = regression.stats("[23,46,23,87,4,8,3,75,2,56,13,75,32,16,29]")
    assert found is not None
    assert (found["min"], found["min_idx"], found["max"], found["max_idx"], found["len"]) == (2.0, 8, 87.0, 3, 15)
    assert found["stdev"] == pytest.approx(28.503633853548269)
    assert regression.stats("[1,null]") is None
    assert regression.stats("[1,null]", True) is not None


def test_polynomials() -> None:
    _, coefficients, _, _, fitted = orjson.loads(regression.fit_poly("[1,4,9,16]", None, 2) or "")
    assert coefficients == pytest.approx([1, 0, 0], abs=1e-9)
    assert fitted == pytest.approx([1, 4, 9, 16])


def test_outlier_scores_of_a_published_answer() -> None:
    scores = orjson.loads(decompose.outliers("[-3,2.4,15,3.9,5,6,4.5,5.2,3,4,5,16,7,5,5,4]") or "")
    assert [scores[place] for place in (0, 1, 2, 11)] == pytest.approx(
        [-1.9040785483608571, -0.10021466044004519, 1.3361954725339347, 1.6702443406674186]
    )
    assert scores[3:11] == [0.0] * 8
    assert decompose.outliers("[1,2]", "other") is None


@pytest.mark.parametrize("period", [4, 7, 24])
def test_periods_are_found(period: int) -> None:
    values = [10.0 if place % period == 2 else 1.0 + place % period for place in range(period * 8)]
    periods, scores = orjson.loads(decompose.periods_detect(write(values), 0.0, period * 3.0, 1) or "")
    assert periods == [float(period)]
    assert scores[0] > 0.9


def test_noise_has_no_period() -> None:
    noise = random.Random(5)
    values = [noise.random() for _ in range(97)]
    periods, _ = orjson.loads(decompose.periods_detect(write(values), 0.0, 40.0, 1) or "")
    assert periods == [0.0]


def test_decomposition_adds_up() -> None:
    values = [place * 0.5 + (8 if place % 6 == 0 else 0) for place in range(60)]
    parts = orjson.loads(decompose.decompose(write(values), -1, "linefit") or "")
    baseline, season, trend, rest = parts
    assert [one + other for one, other in zip(baseline, rest, strict=True)] == pytest.approx(values)
    assert [one + other for one, other in zip(season, trend, strict=True)] == pytest.approx(baseline)
    assert max(abs(value) for value in rest) < 3


def test_a_forecast_continues_season_and_trend() -> None:
    values = [float(place) + (5 if place % 4 == 1 else 0) for place in range(40)]
    hidden = values[:32] + [0.0] * 8
    baseline = orjson.loads(decompose.forecast(write(hidden), 8) or "")[0]
    assert baseline[32:] == pytest.approx(values[32:], abs=3.0)


def test_an_anomaly_is_flagged() -> None:
    values = [1.0, 2.0] * 10 + [30.0] + [1.0, 2.0] * 5
    flags, scores, _ = orjson.loads(decompose.anomalies(write(values), 1.5, 0) or "")
    assert flags[20] == 1
    assert sum(map(abs, flags)) == 1
    assert scores[20] > 3
    assert decompose.anomalies("[1,2]", 1.5, 0, "cubic") is None

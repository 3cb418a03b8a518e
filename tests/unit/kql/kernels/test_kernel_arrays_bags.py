from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatelog.kql.kernels import arrays, bags, digests, markup, sessions

ITEMS = st.lists(st.integers(-9, 9) | st.sampled_from(["a", "b"]) | st.none(), max_size=8)


@given(ITEMS, st.integers(-12, 12))
def test_rotation_there_and_back(items: list[object], count: int) -> None:
    text = orjson.dumps(items).decode()
    assert arrays.rotate_right(arrays.rotate(text, count), count) == text


@given(ITEMS, ITEMS)
def test_sets(one: list[object], other: list[object]) -> None:
    left, right = orjson.dumps(one).decode(), orjson.dumps(other).decode()
    union = orjson.loads(arrays.union(left, right) or "")
    both = orjson.loads(arrays.intersect(left, right) or "")
    gone = orjson.loads(arrays.difference(left, right) or "")
    assert len(union) == len(set(map(repr, one + other)))
    assert set(map(repr, both)) == set(map(repr, one)) & set(map(repr, other))
    assert set(map(repr, gone)) == set(map(repr, one)) - set(map(repr, other))
    assert arrays.same_set(left, right) is (set(map(repr, one)) == set(map(repr, other)))


def test_slices_and_splits() -> None:
    assert arrays.cut("[1,2,3,4,5]", -3, -2) == "[3,4]"
    assert arrays.cut("[1,2]", 5, 9) == "[]"
    assert arrays.split_at("[1,2,3,4,5]", "[1,3]") == "[[1],[2,3],[4,5]]"
    assert arrays.split_at("[1,2,3]", -1) == "[[1,2],[3]]"
    assert arrays.shift("[1,2,3]", 2) == "[3,null,null]"
    assert arrays.shift_right("[1,2,3]", 5, "0") == "[0,0,0]"
    assert arrays.cut("{}", 0, 1) is None


def test_order() -> None:
    assert arrays.sort_ascending('[3,"a",null,1.5]') == '[1.5,3,"a",null]'
    assert arrays.sort_descending("[null,1,2]", False) == "[null,2,1]"
    assert arrays.index_of('["a","b","a"]', '"a"', 0, -1, 2) == 2
    assert arrays.index_of("[1,2]", "1.0") == 0
    assert arrays.index_of("[1]", "2") == -1


def test_choices_and_zips() -> None:
    assert arrays.choose('[true,0,"x"]', '"yes"', '["no","nope","?"]') == '["yes","nope",null]'
    assert arrays.zipped("[1,2]", "[3]", "4") == "[[1,3,4],[2,null,4]]"
    assert arrays.concat("[1]", "2", None) == "[1,2]"
    assert arrays.number_range(1, 8, 3) == "[1,4,7]"
    assert arrays.number_range(0.0, 1.0, 0.25) == "[0.0,0.25,0.5,0.75,1.0]"
    assert arrays.number_range(1, 2, 0) is None
    assert arrays.set_of(["1", '"a"', "1"], 5) == '[1,"a"]'
    assert arrays.percentile_label(99.9) == "99_9"


def test_bags() -> None:
    assert bags.merge('{"a":1}', None, '{"a":2,"b":3}') == '{"a":1,"b":3}'
    assert bags.merge("[1]", None) is None
    assert bags.set_key('{"a":1}', "$.b.c", '"x"') == '{"a":1,"b":{"c":"x"}}'
    assert bags.set_key('{"a":1}', "$", "1") is None
    assert bags.remove_keys('{"a":{"b":1,"c":2},"d":3}', '["$.a.b","d","z"]') == '{"a":{"c":2}}'
    assert bags.bag_zip('["a","b"]', "[1]") == '{"a":1,"b":null}'
    assert bags.keys("[1]") is None
    assert bags.canonical('{"b":1,"a":[{"d":1,"c":2}]}') == '{"a":[{"c":2,"d":1}],"b":1}'
    assert bags.canonical('"x"') == "x"


@pytest.mark.parametrize(
    ("path", "steps"),
    [("$.a.b", ["a", "b"]), ("$['a b'][0].c", ["a b", 0, "c"]), ("$", []), ("a.b", None), ("$.a[", None), ('$["x"]', ["x"])],
)
def test_json_paths(path: str, steps: list[object] | None) -> None:
    assert bags.json_path(path) == steps


def test_extraction() -> None:
    assert bags.extract("$.a[1]", '{"a":[1,{"b":2}]}') == '{"b":2}'
    assert bags.extract("$.a", "not json") is None
    assert bags.extract("$.z", "{}") is None


def test_shape() -> None:
    assert (
        bags.schema(['{"x":1,"y":3.5}', '{"x":"s","z":[1]}']) == '{"x":["long","string"],"y":"double","z":{"`indexer`":"long"}}'
    )
    assert bags.schema([]) is None
    assert bags.tree_path('{"a":[{"x":1},2]}') == """["['a']","['a'][0]","['a'][0]['x']"]"""
    assert bags.type_name('{"a":1}') == "dictionary"


def test_xml() -> None:
    assert markup.parse_xml('<e n="v">text<a>1</a><a>2</a></e>') == '{"e":{"@n":"v","#text":"text","a":["1","2"]}}'
    assert markup.parse_xml("<e") is None
    assert markup.parse_xml('<!DOCTYPE e [<!ENTITY x SYSTEM "file:///etc/passwd">]><e>&x;</e>') in (None, '{"e":null}')


@given(st.lists(st.integers(-100, 100), min_size=1, max_size=30), st.integers(1, 100))
def test_digest_percentiles_are_nearest_ranks(values: list[int], percentile: int) -> None:
    found = digests.tdigest_percentile(digests.tdigest(list(values)), float(percentile))
    rank = -(-len(values) * percentile // 100)
    assert found == str(sorted(values)[rank - 1])


def test_sketches() -> None:
    merged = digests.hll_merge([digests.hll(["1", "2"]), digests.hll(["2", '"a"'])])
    assert digests.hll_count(merged) == 3
    assert digests.hll_count("[1,2]") is None
    assert digests.weighted_percentile([10, 20, 30], [1, 8, 1], 50.0) == 20
    assert digests.tdigest_rank(digests.tdigest([1, 2, 3, 4]), 2) == 50.0


def test_sessions() -> None:
    assert sessions.session_start([0, 5, 12, 21], 2, 10) == 0
    assert sessions.session_start([0, 5, 12, 21], 3, 10) == 12
    assert sessions.session_start([0, 5, 10], 3, 10) == 10

"""Values that grow old, caches that stay small, vectors that are near."""

from __future__ import annotations

import math

from gatelog.gateway.cache import VECTORS_PER_PARTITION, LocalCache, VectorCache


def test_values_grow_old() -> None:
    cache = LocalCache()
    cache.put("k", "v", 10.0, 0.0)
    assert (cache.get("k", 9.9), cache.get("k", 10.0), cache.get("k", 0.0)) == ("v", None, None)


def test_the_least_recently_used_value_goes() -> None:
    cache = LocalCache(limit=1000)
    for name in ("a", "b", "c"):
        cache.put(name, "x" * 200, 100.0, 0.0)
    assert cache.get("a", 1.0)
    cache.put("d", "x" * 200, 100.0, 1.0)
    assert [name for name in "abcd" if cache.get(name, 2.0)] == ["a", "c", "d"]


def test_a_value_larger_than_the_cache_is_not_kept() -> None:
    cache = LocalCache(limit=1000)
    cache.put("k", "small", 10.0, 0.0)
    cache.put("k", "x" * 5000, 10.0, 0.0)
    assert cache.get("k", 0.0) is None


def test_removing() -> None:
    cache = LocalCache()
    cache.put("k", 1, 10.0, 0.0)
    cache.remove("k")
    cache.remove("k")
    assert cache.get("k", 0.0) is None


def test_the_nearest_vector_within_the_threshold() -> None:
    cache = VectorCache()
    cache.put("p", (1.0, 0.0), "east", 100.0, 0.0)
    cache.put("p", (0.0, 2.0), "north", 100.0, 0.0)
    found = cache.search("p", (3.0, 0.1), 0.2, 1.0)
    assert found is not None and found[1] == "east" and math.isclose(found[0], 0.000555, rel_tol=0.05)
    assert cache.search("p", (1.0, 1.0), 0.2, 1.0) is None
    assert cache.search("other", (1.0, 0.0), 0.2, 1.0) is None
    assert cache.search("p", (1.0, 0.0, 0.0), 0.2, 1.0) is None
    assert cache.search("p", (1.0, 0.0), 0.2, 200.0) is None


def test_partitions_are_bounded() -> None:
    cache = VectorCache()
    for number in range(VECTORS_PER_PARTITION + 10):
        cache.put("p", (1.0, float(number)), number, 1e9, 0.0)
    assert len(cache._partitions["p"]) == VECTORS_PER_PARTITION

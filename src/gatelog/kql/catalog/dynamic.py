"""Functions over dynamic values: property bags, JSON and XML text, sets."""

from __future__ import annotations

from collections.abc import Sequence

from gatelog.kql.catalog.rows import Emit, Fragment, Function, Operand, signature
from gatelog.kql.catalog.shorthand import BOOL, DYNAMIC, STRING, as_json, as_json_or_null, scalar, shows
from gatelog.kql.kernels import arrays, bags, markup
from gatelog.kql.kernels.json_text import write
from gatelog.schema.types import KqlType


def _pack(emit: Emit, *pairs: Fragment) -> str:
    if not pairs or len(pairs) % 2:
        raise emit.refuse("bag_pack() needs keys and values in turn")
    names = [key.value for key in pairs[::2]]
    if all(isinstance(name, str) for name in names) and len(set(names)) == len(names) and emit.dialect == "duckdb":
        slots = []
        for key, value in zip(pairs[::2], pairs[1::2], strict=True):
            slots.append(emit.text(write(key.value) + ":") + f" || {as_json_or_null(emit, value)}")
        return f"('{{' || {' || chr(44) || '.join(slots)} || '}}')"
    if emit.dialect != "duckdb":
        return _click_pack(emit, pairs)
    texts = [
        one
        for key, value in zip(pairs[::2], pairs[1::2], strict=True)
        for one in (_key_text(emit, key), as_json_or_null(emit, value))
    ]
    return emit.python("kql_bag_pack", bags.pack, ["VARCHAR"] * len(texts), "VARCHAR", *texts)


def _click_pack(emit: Emit, pairs: Sequence[Fragment]) -> str:
    """A bag on ClickHouse, where only constant keys are known to differ."""
    names = [key.value for key in pairs[::2]]
    if not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
        raise emit.refuse("bag_pack() needs different constant keys on this engine")
    slots = [f"{emit.text(write(key.value) + ':')}, {as_json_or_null(emit, value)}" for key, value in pairwise(pairs)]
    return "concat('{', " + ", ',', ".join(slots) + ", '}')"


def pairwise(pairs: Sequence[Fragment]) -> list[tuple[Fragment, Fragment]]:
    """Keys with their values."""
    return list(zip(pairs[::2], pairs[1::2], strict=True))


def _key_text(emit: Emit, key: Fragment) -> str:
    return emit.convert(key, KqlType.STRING).text


def _pack_array(emit: Emit, *values: Fragment) -> str:
    if emit.dialect != "duckdb":
        joined = ", ',', ".join(as_json_or_null(emit, value) for value in values)
        return f"concat('[', {joined}, ']')"
    return f"('[' || {' || chr(44) || '.join(as_json_or_null(emit, value) for value in values)} || ']')"


def _set_key(emit: Emit, bag: Fragment, key: Fragment, value: Fragment) -> str:
    types = ["VARCHAR", "VARCHAR", "VARCHAR"]
    return emit.python("kql_bag_set_key", bags.set_key, types, "VARCHAR", bag.text, key.text, as_json(emit, value))


def _has_element(emit: Emit, items: Fragment, value: Fragment) -> str:
    return emit.python(
        "kql_set_has_element", arrays.has_element, ["VARCHAR", "VARCHAR"], "BOOLEAN", items.text, as_json(emit, value)
    )


def _extract_json(emit: Emit, path: Fragment, text: Fragment, wanted: Fragment | None = None) -> str:
    if bags.json_path(path.value) is None:
        raise emit.refuse(f"extract_json() does not understand the path {path.value!r}")
    found = emit.python("kql_extract_json", bags.extract, ["VARCHAR", "VARCHAR"], "VARCHAR", path.text, text.text)
    type = KqlType.STRING if wanted is None else wanted.value
    return found if type is KqlType.DYNAMIC else emit.convert(Fragment(found, KqlType.DYNAMIC), type).text


def _json_type(operands: Sequence[Operand]) -> KqlType:
    found: KqlType = operands[2].value
    return found


FUNCTIONS: tuple[Function, ...] = (
    scalar(
        "bag_pack",
        "pair:any+",
        DYNAMIC,
        "A property bag from keys and values in turn.",
        _pack,
        _pack,
        aliases=("pack", "pack_dictionary"),
        nulls="never",
        examples=(shows("bag_pack('Level', 'Information', 'ProcessID', 1234)", '{"Level":"Information","ProcessID":1234}'),),
    ),
    scalar(
        "pack_array",
        "value:any+",
        DYNAMIC,
        "An array of the values.",
        _pack_array,
        _pack_array,
        nulls="never",
        examples=(shows("pack_array(1, 'a', 2.5, int(null), dynamic([1]))", '[1,"a",2.5,null,[1]]'),),
    ),
    scalar(
        "bag_keys",
        "bag:dynamic",
        DYNAMIC,
        "The root keys of a bag.",
        python=bags.keys,
        nulls="maybe",
        examples=(shows("bag_keys(dynamic({'a': 'b', 'c': 123})), bag_keys(dynamic([1]))", '["a","c"]', None),),
    ),
    scalar(
        "bag_has_key",
        "bag:dynamic key:string",
        BOOL,
        "Whether a bag has a root key.",
        python=bags.has_key,
        nulls="maybe",
        examples=(shows("bag_has_key(dynamic({'a': 1}), 'a'), bag_has_key(dynamic({'a': 1}), 'b')", True, False),),
    ),
    scalar(
        "bag_merge",
        "first:dynamic more:dynamic+",
        DYNAMIC,
        "One bag of all slots; the leftmost bag wins.",
        python=bags.merge,
        nulls="maybe",
        examples=(
            shows(
                "bag_merge(dynamic({'A1':12,'B1':2,'C1':3}), dynamic({'A2':81,'B2':82,'A1':1}))",
                '{"A1":12,"B1":2,"C1":3,"A2":81,"B2":82}',
            ),
        ),
    ),
    scalar(
        "bag_set_key",
        "bag:dynamic key:!string value:any",
        DYNAMIC,
        "The bag with one slot set.",
        _set_key,
        nulls="maybe",
        examples=(
            shows(
                "bag_set_key(dynamic({'a': 1}), 'b', 3), bag_set_key(dynamic({'a': 1}), '$.c.d', 'x')",
                '{"a":1,"b":3}',
                '{"a":1,"c":{"d":"x"}}',
            ),
        ),
    ),
    scalar(
        "bag_remove_keys",
        "bag:dynamic keys:dynamic",
        DYNAMIC,
        "The bag without some slots.",
        python=bags.remove_keys,
        nulls="maybe",
        examples=(
            shows("bag_remove_keys(dynamic({'d1': 123, 'd2': {'a': 1, 'b': 2}}), dynamic(['d1', '$.d2.b']))", '{"d2":{"a":1}}'),
        ),
    ),
    scalar(
        "bag_zip",
        "keys:dynamic values:dynamic",
        DYNAMIC,
        "A bag from an array of keys and an array of values.",
        python=bags.bag_zip,
        nulls="maybe",
        examples=(shows("bag_zip(dynamic(['a', 'b', 'c']), dynamic([1, '2']))", '{"a":1,"b":"2","c":null}'),),
    ),
    scalar(
        "treepath",
        "object:dynamic",
        DYNAMIC,
        "The paths of everything inside a dynamic.",
        python=bags.tree_path,
        naming="prefix",
        label="tree",
        nulls="maybe",
        examples=(
            shows(
                """treepath(parse_json('{"prop1":[1,2,3,4], "prop2":"value2"}'))""",
                """["['prop1']","['prop1'][0]","['prop2']"]""",
            ),
        ),
    ),
    scalar(
        "extract_json",
        (
            signature("path:!string text:string", STRING, _extract_json),
            signature("path:!string text:string type:type", _json_type, _extract_json),
        ),
        STRING,
        "The value at a JSON path of JSON text, converted if a type is given.",
        aliases=("extractjson",),
        nulls="maybe",
        examples=(
            shows(
                """extract_json('$.a.b[1]', '{"a":{"b":[1,"x"]}}'), extract_json("$['a']", '{"a":5}', typeof(int)), """
                """extract_json('$.z', '{}')""",
                "x",
                5,
                "",
            ),
        ),
    ),
    scalar(
        "parse_xml",
        "text:string",
        DYNAMIC,
        "XML text as a property bag; null when it is no XML.",
        python=markup.parse_xml,
        naming="through",
        nulls="maybe",
        examples=(
            shows(
                "parse_xml('<e/>'), parse_xml('<e name=\"value\">text</e>'), parse_xml('<e><a>x</a><a>y</a></e>'), "
                "parse_xml('<e')",
                '{"e":null}',
                '{"e":{"@name":"value","#text":"text"}}',
                '{"e":{"a":["x","y"]}}',
                None,
            ),
        ),
    ),
    scalar(
        "set_union",
        "first:dynamic more:dynamic+",
        DYNAMIC,
        "The distinct items of several arrays.",
        python=arrays.union,
        nulls="maybe",
        examples=(shows("set_union(dynamic([1, 2, 4]), dynamic([2, 3]))", "[1,2,4,3]"),),
    ),
    scalar(
        "set_intersect",
        "first:dynamic more:dynamic+",
        DYNAMIC,
        "The distinct items that all arrays have.",
        python=arrays.intersect,
        nulls="maybe",
        examples=(shows("set_intersect(dynamic([1, 2, 2, 3]), dynamic([3, 2]))", "[2,3]"),),
    ),
    scalar(
        "set_difference",
        "first:dynamic more:dynamic+",
        DYNAMIC,
        "The distinct items of the first array that no other has.",
        python=arrays.difference,
        nulls="maybe",
        examples=(shows("set_difference(dynamic([1, 2, 3]), dynamic([2]))", "[1,3]"),),
    ),
    scalar(
        "set_equals",
        "one:dynamic other:dynamic",
        BOOL,
        "Whether two arrays have the same distinct items.",
        python=arrays.same_set,
        nulls="maybe",
        examples=(shows("set_equals(dynamic([1, 2, 2]), dynamic([2, 1]))", True),),
    ),
    scalar(
        "set_has_element",
        "set:dynamic value:any",
        BOOL,
        "Whether an array has an item.",
        _has_element,
        nulls="maybe",
        examples=(shows("set_has_element(dynamic(['this', 'is']), 'is'), set_has_element(dynamic([1]), 2)", True, False),),
    ),
    scalar(
        "jaccard_index",
        "one:dynamic other:dynamic",
        DYNAMIC,
        "Size of the intersection of two sets over size of their union.",
        python=arrays.jaccard,
        nulls="maybe",
        examples=(shows("jaccard_index(dynamic([0, 1, 2]), dynamic([1, 2, 3, 4]))", "0.4"),),
    ),
)

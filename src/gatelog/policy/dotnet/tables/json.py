"""What expressions may use of Newtonsoft.Json."""

from __future__ import annotations

from typing import Any, Final

from gatelog.policy.dotnet import exceptions as ex
from gatelog.policy.dotnet import json_convert as jc
from gatelog.policy.dotnet import json_path, json_reader
from gatelog.policy.dotnet import json_tokens as jt
from gatelog.policy.dotnet.collections import Sequence
from gatelog.policy.dotnet.formatting import format_value
from gatelog.policy.dotnet.metadata import STRING, Type, TypeDef
from gatelog.policy.dotnet.runtime import iterate

L: Final = "Newtonsoft.Json.Linq."
TOKEN: Final = Type(L + "JToken")
PROPERTY: Final = Type(L + "JProperty")
OBJECT: Final = Type(L + "JObject")

_CASTS: Final = (
    "bool",
    "int",
    "long",
    "double",
    "decimal",
    "float",
    "short",
    "ushort",
    "uint",
    "ulong",
    "byte",
    "sbyte",
    "char",
    "DateTime",
    "DateTimeOffset",
    "TimeSpan",
    "Guid",
)
_FULL: Final = {
    "bool": "Boolean",
    "int": "Int32",
    "long": "Int64",
    "double": "Double",
    "decimal": "Decimal",
    "float": "Single",
    "short": "Int16",
    "ushort": "UInt16",
    "uint": "UInt32",
    "ulong": "UInt64",
    "byte": "Byte",
    "sbyte": "SByte",
    "char": "Char",
}
_KINDS: Final = {
    "bool": "Boolean",
    "double": "Float",
    "decimal": "Float",
    "float": "Float",
    "DateTime": "Date",
    "DateTimeOffset": "Date",
    "TimeSpan": "TimeSpan",
    "Guid": "Guid",
    "string": "String",
    "Uri": "Uri",
    "byte[]": "Bytes",
    "char": "String",
}


def _type(word: str) -> Type:
    return Type(f"System.{_FULL.get(word, word)}")


def _conversions() -> tuple[tuple[Any, ...], ...]:
    rows: list[tuple[Any, ...]] = [
        ("explicit string(JToken value)", jc.cast(STRING)),
        ("explicit Uri(JToken value)", jc.cast(jc.URI)),
        ("explicit byte[](JToken value)", jc.cast(jc.BYTES)),
        ("implicit JToken(string value)", jc.to_json("String")),
        ("implicit JToken(Uri value)", jc.to_json("Null")),
        ("implicit JToken(byte[] value)", jc.to_json("Bytes")),
    ]
    for word in _CASTS:
        rows.append((f"explicit {word}(JToken value)", jc.cast(_type(word))))
        rows.append((f"explicit {word}?(JToken value)", jc.cast(_type(word), True)))
        if word != "char":
            rows.append((f"implicit JToken({word} value)", jc.to_json(_KINDS.get(word, "Integer"))))
            rows.append((f"implicit JToken({word}? value)", jc.to_json("Null")))
    return tuple(rows)


def token_children(token: jt.JToken) -> Sequence:
    return Sequence(TOKEN, lambda: iter(token.children() if isinstance(token, jt.JContainer) else []))


def descendants(token: jt.JContainer) -> Sequence:
    def run() -> Any:
        stack = list(reversed(token.children()))
        while stack:
            item = stack.pop()
            yield item
            if isinstance(item, jt.JContainer):
                stack.extend(reversed(item.children()))

    return Sequence(TOKEN, run)


def has_values(token: jt.JToken) -> bool:
    return isinstance(token, jt.JContainer) and len(token) > 0


def first_child(token: jt.JToken) -> jt.JToken | None:
    if not isinstance(token, jt.JContainer):
        raise ex.invalid_operation(f"Cannot access child value on {token.type}.")
    return next(iter(token.children()), None)


def last_child(token: jt.JToken) -> jt.JToken | None:
    if not isinstance(token, jt.JContainer):
        raise ex.invalid_operation(f"Cannot access child value on {token.type}.")
    return next(reversed(token.children()), None)


def sibling(token: jt.JToken, step: int) -> jt.JToken | None:
    owner = token.parent
    if not isinstance(owner, jt.JContainer):
        return None
    items = owner.children()
    if isinstance(token, jt.JProperty):
        at = next(i for i, p in enumerate(items) if isinstance(p, jt.JProperty) and p.name == token.name)
    else:
        at = next((i for i, t in enumerate(items) if t is token), -1)
    return items[at + step] if at >= 0 and 0 <= at + step < len(items) else None


def remove_token(token: jt.JToken) -> None:
    owner = token.parent
    if owner is None:
        raise ex.invalid_operation("The parent is missing.")
    if isinstance(token, jt.JProperty) and isinstance(owner, jt.JObject):
        owner.remove(token.name)
    elif isinstance(owner, jt.JArray):
        owner.items = [t for t in owner.own() if t is not token]
    else:
        raise ex.DotNetException("JsonException", "Cannot add or remove items from Newtonsoft.Json.Linq.JProperty.")
    token.parent = None


def replace_token(token: jt.JToken, value: jt.JToken | None) -> None:
    owner = token.parent
    if owner is None:
        raise ex.invalid_operation("The parent is missing.")
    if isinstance(owner, jt.JArray):
        owner.put(next(i for i, t in enumerate(owner.own()) if t is token), value)
    elif isinstance(owner, jt.JObject) and not isinstance(token, jt.JProperty):
        owner.put(next(n for n, t in owner.own().items() if t is token), value)
    elif isinstance(owner, jt.JProperty):
        owner.set_value(value)


def root(token: jt.JToken) -> jt.JToken:
    while token.parent is not None:
        token = token.parent
    return token


def make_object(*content: Any) -> jt.JObject:
    """`new JObject(params object[])`: properties, sequences of them, or an object to copy."""
    made = jt.JObject()
    for item in content:
        if type(item) is jt.JObject:
            return item.deep_clone()
        if item is not None:
            jt.fill_object(made, item)
    return made


def make_object_of(content: Any) -> jt.JObject:
    return make_object(*content)


def make_array(content: Any) -> jt.JArray:
    """`new JArray(params object[])`: each argument one element; a single sequence is spread."""
    items = list(iterate(content))
    made = jt.JArray()
    for item in items:
        jt.fill_array(made, item)
    return made


def make_array_of(content: Any) -> jt.JArray:
    made = jt.JArray()
    if isinstance(content, jt.JArray):
        return content.deep_clone()
    jt.fill_array(made, content)
    return made


def object_add(target: jt.JObject, content: Any) -> None:
    jt.fill_object(target, content)


def array_add(target: jt.JArray, content: Any) -> None:
    jt.fill_array(target, content)


def get_value(target: jt.JObject, name: str | None, comparison: int = 4) -> jt.JToken | None:
    if name is None:
        return None
    exact = target.get(name)
    if exact is not None or comparison not in (1, 3, 5):
        return exact
    match = next((n for n in target.names() if n.lower() == name.lower()), None)
    return target.get(match) if match is not None else None


def try_get_value(target: jt.JObject, name: str, comparison: int = 4) -> tuple[bool, jt.JToken | None]:
    found = get_value(target, name, comparison)
    return found is not None, found


def property_of(target: jt.JObject, name: str) -> jt.JProperty | None:
    found = target.get(name) if name is not None else None
    return jt.JProperty(name, found, target) if found is not None else None


def merge(target: jt.JObject, content: Any, _settings: Any = None) -> None:
    """`JContainer.Merge`: objects merge, arrays concatenate, the rest replaces."""
    if not isinstance(content, jt.JObject):
        return
    for name, value in content.own().items():
        present = target.get(name)
        if isinstance(present, jt.JObject) and isinstance(value, jt.JObject):
            merge(present, value)
        elif isinstance(present, jt.JArray) and isinstance(value, jt.JArray):
            for item in value.own():
                present.append(item.deep_clone())
        elif present is None or value.kind != "Null":
            target.put(name, value.deep_clone())


def index_token(target: jt.JArray, token: Any) -> int:
    return next(
        (
            i
            for i, t in enumerate(target.own())
            if t is token or (isinstance(t, jt.JValue) and isinstance(token, jt.JValue) and jt.values_equal(t, token))
        ),
        -1,
    )


def array_remove(target: jt.JArray, token: Any) -> bool:
    at = next((i for i, t in enumerate(target.own()) if t is token), -1)
    if at >= 0:
        del target.items[at]
    return at >= 0


def array_remove_at(target: jt.JArray, index: int) -> None:
    target.get(index)
    del target.own()[index]


def array_clear(target: jt.JArray) -> None:
    target.raw = None
    target.items = []


def remove_all(target: jt.JContainer) -> None:
    if isinstance(target, jt.JObject):
        target.raw, target.items = None, {}
    elif isinstance(target, jt.JArray):
        array_clear(target)


def set_value(target: jt.JValue, value: Any) -> Any:
    made = jt.value_token(value)
    target.value, target.kind = made.value, made.kind
    return value


def set_property(target: jt.JProperty, value: jt.JToken | None) -> Any:
    target.set_value(value)
    return value


def put_named(target: jt.JObject, name: str, value: jt.JToken | None) -> Any:
    target.put(name, value)
    return value


def put_index(target: jt.JArray, index: int, value: jt.JToken | None) -> Any:
    target.put(index, value)
    return value


def value_list(args: tuple[Type, ...], source: Any) -> Sequence:
    return Sequence(args[-1], lambda: iter(jc.values_of((args[-1],), source)))


def typed_children(args: tuple[Type, ...], token: jt.JToken) -> Sequence:
    return value_list(args, token_children(token))


def kind_of(token: jt.JToken) -> Any:
    return KINDS.make(jt.TOKEN_TYPES.index(token.kind))


class Kinds:
    """Makes JTokenType values; the assembled library fills it in."""

    __slots__ = ("make",)

    def __init__(self) -> None:
        self.make: Any = int


KINDS: Final = Kinds()

JTOKEN: Final = TypeDef(
    L + "JToken",
    (
        ("JToken this[object key]", jc.child, jc.put_child),
        ("JTokenType Type", kind_of),
        ("JContainer Parent", jt.parent_of),
        ("JToken Root", root),
        ("string Path", jt.path_of),
        ("bool HasValues", has_values),
        ("JToken First", first_child),
        ("JToken Last", last_child),
        ("JToken Next", lambda t: sibling(t, 1)),
        ("JToken Previous", lambda t: sibling(t, -1)),
        ("some string ToString()", "{0}.text()"),
        ("some string ToString(Formatting formatting, params JsonConverter[] converters)", jc.token_text),
        ("typed T Value<T>(object key)", jc.value_at),
        ("typed T ToObject<T>()", jc.to_object),
        ("IEnumerable<JToken> Children()", token_children),
        ("typed IEnumerable<T> Children<T>()", typed_children),
        ("typed IEnumerable<T> Values<T>()", typed_children),
        ("IEnumerable<JToken> AsJEnumerable()", token_children),
        ("JToken SelectToken(string path)", json_path.select_one),
        ("JToken SelectToken(string path, bool errorWhenNoMatch)", json_path.select_one),
        ("IEnumerable<JToken> SelectTokens(string path)", json_path.select_all),
        ("IEnumerable<JToken> SelectTokens(string path, bool errorWhenNoMatch)", json_path.select_all),
        ("JToken DeepClone()", "{0}.deep_clone()"),
        ("static bool DeepEquals(JToken t1, JToken t2)", jt.deep_equals),
        ("void Remove()", remove_token),
        ("void Replace(JToken value)", replace_token),
        ("static JToken Parse(string json)", json_reader.parse),
        ("static JToken FromObject(object o)", jc.from_object),
        *_conversions(),
    ),
    extends=("IEnumerable<JToken>",),
)

TYPES: Final = (
    JTOKEN,
    TypeDef(
        L + "JContainer",
        (
            ("int Count", "len({0})"),
            ("IEnumerable<JToken> Descendants()", descendants),
            ("void RemoveAll()", remove_all),
            ("void Merge(object content)", merge),
            ("void Merge(object content, JsonMergeSettings settings)", merge),
        ),
        extends=("JToken",),
    ),
    TypeDef(
        L + "JObject",
        (
            ("new()", jt.JObject),
            ("new(JObject other)", lambda o: o.deep_clone()),
            ("new(params object[] content)", make_object_of),
            ("new(object content)", make_object),
            ("JToken this[string propertyName]", "{0}.get({1})", put_named),
            ("static JObject Parse(string json)", lambda s: json_reader.parse(s, "JObject")),
            ("static JObject FromObject(object o)", jc.object_from),
            ("void Add(string propertyName, JToken value)", jt.JObject.add),
            ("void Add(object content)", object_add),
            ("bool Remove(string propertyName)", jt.JObject.remove),
            ("bool ContainsKey(string propertyName)", lambda o, n: o.get(n) is not None),
            ("JProperty Property(string name)", property_of),
            ("IEnumerable<JProperty> Properties()", lambda o: Sequence(PROPERTY, lambda: iter(o.properties()))),
            ("IEnumerable<JToken> PropertyValues()", lambda o: Sequence(TOKEN, lambda: iter(list(o.own().values())))),
            ("JToken GetValue(string propertyName)", get_value),
            ("JToken GetValue(string propertyName, StringComparison comparison)", get_value),
            ("bool TryGetValue(string propertyName, out JToken value)", try_get_value),
            ("bool TryGetValue(string propertyName, StringComparison comparison, out JToken value)", try_get_value),
            ("IEnumerator<KeyValuePair<string, JToken>> GetEnumerator()", json_path.pairs),
            ("JObject DeepClone()", "{0}.deep_clone()"),
        ),
        extends=("JContainer", "IDictionary<string, JToken>"),
    ),
    TypeDef(
        L + "JArray",
        (
            ("new()", jt.JArray),
            ("new(JArray other)", lambda o: o.deep_clone()),
            ("new(params object[] content)", make_array),
            ("new(object content)", make_array_of),
            ("JToken this[int index]", jt.JArray.get, put_index),
            ("static JArray Parse(string json)", lambda s: json_reader.parse(s, "JArray")),
            ("static JArray FromObject(object o)", jc.array_from),
            ("void Add(JToken item)", jt.JArray.append),
            ("void Add(object content)", array_add),
            ("void Insert(int index, JToken item)", jt.JArray.insert),
            ("bool Remove(JToken item)", array_remove),
            ("void RemoveAt(int index)", array_remove_at),
            ("void Clear()", array_clear),
            ("int IndexOf(JToken item)", index_token),
            ("bool Contains(JToken item)", lambda a, t: index_token(a, t) >= 0),
            ("IEnumerator<JToken> GetEnumerator()", token_children),
            ("JArray DeepClone()", "{0}.deep_clone()"),
        ),
        extends=("JContainer", "IList<JToken>"),
    ),
    TypeDef(
        L + "JProperty",
        (
            ("new(JProperty other)", lambda p: p.deep_clone()),
            ("new(string name, object content)", jt.property_content),
            ("new(string name, params object[] content)", jt.property_content),
            ("string Name", "{0}.name"),
            ("JToken Value", "{0}.value", set_property),
        ),
        extends=("JContainer",),
    ),
    TypeDef(
        L + "JValue",
        (
            ("new(JValue other)", lambda v: v.deep_clone()),
            ("new(object value)", jt.value_token),
            *(
                (f"new({word} value)", jt.value_token)
                for word in (
                    "string",
                    "long",
                    "ulong",
                    "double",
                    "decimal",
                    "float",
                    "bool",
                    "DateTime",
                    "DateTimeOffset",
                    "Guid",
                    "Uri",
                    "TimeSpan",
                )
            ),
            ("new(char value)", lambda v: jt.JValue(str(v), "String")),
            ("object Value", "{0}.value", set_value),
            ("string ToString(string format)", lambda v, f: format_value(v.value, f)),
            ("string ToString(IFormatProvider provider)", lambda v, _: v.text()),
            ("string ToString(string format, IFormatProvider provider)", lambda v, f, _: format_value(v.value, f)),
            ("int CompareTo(JValue obj)", jt.compare_values),
            ("bool Equals(JValue other)", lambda a, b: b is not None and jt.values_equal(a, b)),
            ("static JValue CreateNull()", lambda: jt.JValue(None, "Null")),
            ("static JValue CreateString(string value)", lambda s: jt.JValue(s, "String" if s is not None else "Null")),
            ("static JValue CreateUndefined()", lambda: jt.JValue(None, "Undefined")),
            ("static JValue CreateComment(string value)", lambda s: jt.JValue(s, "Comment")),
        ),
        extends=("JToken", "IComparable"),
    ),
    TypeDef(L + "JRaw", (("new(object rawJson)", lambda v: jt.JRaw(v, "Raw")),), extends=("JValue",)),
    TypeDef(L + "JConstructor", extends=("JContainer",)),
    TypeDef(L + "JsonMergeSettings"),
    TypeDef("Newtonsoft.Json.JsonConverter"),
    TypeDef(L + "JTokenType", kind="enum", values=tuple((name, i) for i, name in enumerate(jt.TOKEN_TYPES))),
    TypeDef("Newtonsoft.Json.Formatting", kind="enum", values=(("None", 0), ("Indented", 1))),
    TypeDef(
        "Newtonsoft.Json.JsonConvert",
        (
            ("static string SerializeObject(object value)", jc.serialize_text),
            ("static string SerializeObject(object value, Formatting formatting)", jc.serialize_text),
            ("typed static T DeserializeObject<T>(string value)", jc.deserialize_text),
            ("static object DeserializeObject(string value)", jc.deserialize_any),
            ("static string ToString(object value)", jc.serialize_text),
        ),
        kind="static",
    ),
    TypeDef(
        L + "Extensions",
        (
            ("typed static U Value<U>(this IEnumerable<JToken> value)", jc.extension_value),
            ("typed static U Value<T, U>(this IEnumerable<T> value)", jc.extension_value),
            ("typed static IEnumerable<U> Values<U>(this IEnumerable<JToken> source)", value_list),
            ("static IEnumerable<JToken> Children(this IEnumerable<JToken> source)", lambda s: json_path.spread(s)),
            (
                "static IEnumerable<JProperty> Properties(this IEnumerable<JObject> source)",
                lambda s: Sequence(PROPERTY, lambda: (p for o in iterate(s) for p in o.properties())),
            ),
            ("static IEnumerable<JToken> Values(this IEnumerable<JToken> source)", lambda s: json_path.spread_values(s)),
            (
                "static IEnumerable<JToken> Values(this IEnumerable<JToken> source, object key)",
                lambda s, k: json_path.keyed(s, k),
            ),
        ),
        kind="static",
    ),
)

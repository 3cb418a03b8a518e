"""What expressions may use of collections and LINQ."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from gatelog.policy.dotnet import arrays, linq
from gatelog.policy.dotnet import collections as co
from gatelog.policy.dotnet.metadata import TypeDef
from gatelog.policy.dotnet.numbers import Int64, Single
from gatelog.policy.dotnet.runtime import iterate

G: Final = "System.Collections.Generic."
COMPARER: Final = "IEqualityComparer<string>"
MODES: Final = (
    "CurrentCulture",
    "CurrentCultureIgnoreCase",
    "InvariantCulture",
    "InvariantCultureIgnoreCase",
    "Ordinal",
    "OrdinalIgnoreCase",
)

INTERFACES: Final = (
    TypeDef("System.Collections.IEnumerable", kind="interface"),
    TypeDef(G + "IEnumerable<T>", extends=("System.Collections.IEnumerable",), kind="interface"),
    TypeDef(G + "IEnumerator<T>", kind="interface"),
    TypeDef(G + "IEqualityComparer<T>", kind="interface"),
    TypeDef(G + "IComparer<T>", kind="interface"),
    TypeDef(
        G + "ICollection<T>",
        (
            ("int Count", co.size),
            ("void Add(T item)", arrays.collection_add),
            ("bool Contains(T item)", co.contains),
            ("bool Remove(T item)", arrays.collection_remove),
            ("void Clear()", arrays.collection_clear),
        ),
        extends=("IEnumerable<T>",),
        kind="interface",
    ),
    TypeDef(
        G + "IList<T>",
        (
            ("T this[int index]", co.any_at, co.any_put),
            ("int IndexOf(T item)", co.index_of),
            ("void Insert(int index, T item)", co.insert),
            ("void RemoveAt(int index)", co.remove_at),
        ),
        extends=("ICollection<T>",),
        kind="interface",
    ),
    TypeDef(G + "IReadOnlyCollection<T>", (("int Count", co.size),), extends=("IEnumerable<T>",), kind="interface"),
    TypeDef(G + "IReadOnlyList<T>", (("T this[int index]", co.any_at),), extends=("IReadOnlyCollection<T>",), kind="interface"),
    TypeDef(G + "ISet<T>", (("bool Add(T item)", co.set_add),), extends=("ICollection<T>",), kind="interface"),
    TypeDef(
        G + "IDictionary<K, V>",
        (
            ("V this[K key]", arrays.map_get, arrays.map_put),
            ("bool ContainsKey(K key)", arrays.map_contains),
            ("int Count", co.size),
            ("void Add(K key, V value)", arrays.map_add),
            ("bool Remove(K key)", arrays.map_remove),
            ("bool TryGetValue(K key, out V value)", arrays.map_try),
            ("ICollection<K> Keys", arrays.map_keys),
            ("ICollection<V> Values", arrays.map_values),
        ),
        extends=("ICollection<KeyValuePair<K, V>>",),
        kind="interface",
    ),
    TypeDef(
        G + "IReadOnlyDictionary<K, V>",
        (
            ("V this[K key]", arrays.map_get),
            ("bool ContainsKey(K key)", arrays.map_contains),
            ("int Count", co.size),
            ("bool TryGetValue(K key, out V value)", arrays.map_try),
            ("IEnumerable<K> Keys", arrays.map_keys),
            ("IEnumerable<V> Values", arrays.map_values),
        ),
        extends=("IEnumerable<KeyValuePair<K, V>>",),
        kind="interface",
    ),
    TypeDef("System.Linq.IGrouping<K, T>", (("K Key", "{0}.key"),), extends=("IEnumerable<T>",), kind="interface"),
    TypeDef(
        "System.Linq.ILookup<K, T>",
        (
            ("IEnumerable<T> this[K key]", co.Lookup.get),
            ("int Count", lambda v: len(v.groups)),
            ("bool Contains(K key)", lambda v, k: len(list(v.get(k))) > 0),
        ),
        extends=("IEnumerable<IGrouping<K, T>>",),
        kind="interface",
    ),
    TypeDef("System.Linq.IOrderedEnumerable<T>", extends=("IEnumerable<T>",), kind="interface"),
    TypeDef(
        "System.StringComparer",
        (
            *((f"static StringComparer {name}", co.comparer(mode)) for mode, name in enumerate(MODES)),
            ("bool Equals(string x, string y)", co.same_text),
            ("int Compare(string x, string y)", co.compare_text),
        ),
        extends=(COMPARER, "IComparer<string>"),
    ),
)

LIST: Final = TypeDef(
    G + "List<T>",
    (
        ("typed new()", co.new_list),
        ("typed new(int capacity)", co.new_list),
        ("typed new(IEnumerable<T> collection)", co.list_of),
        ("int Count", co.size),
        ("int Capacity", co.size),
        ("T this[int index]", co.at, co.put),
        ("void Add(T item)", co.add),
        ("void AddRange(IEnumerable<T> collection)", co.add_range),
        ("bool Contains(T item)", co.contains),
        ("int IndexOf(T item)", co.index_of),
        ("int LastIndexOf(T item)", co.last_index_of),
        ("void Insert(int index, T item)", co.insert),
        ("void InsertRange(int index, IEnumerable<T> collection)", co.insert_range),
        ("bool Remove(T item)", co.remove),
        ("void RemoveAt(int index)", co.remove_at),
        ("void RemoveRange(int index, int count)", co.remove_range),
        ("int RemoveAll(Predicate<T> match)", co.remove_all),
        ("void Clear()", co.clear),
        ("List<T> GetRange(int index, int count)", co.get_range),
        ("T[] ToArray()", lambda v: linq.to_array((v.element,), v)),
        ("void Sort()", arrays.sort),
        ("void Sort(Comparison<T> comparison)", arrays.sort_with),
        ("void Reverse()", lambda v: v.items.reverse()),
        ("void ForEach(Action<T> action)", arrays.for_each),
        ("bool Exists(Predicate<T> match)", linq.any_of),
        ("bool TrueForAll(Predicate<T> match)", linq.all_of),
        ("T Find(Predicate<T> match)", lambda v, t: linq.first_or_default((v.element,), v, t)),
        ("T FindLast(Predicate<T> match)", lambda v, t: linq.last_or_default((v.element,), v, t)),
        ("List<T> FindAll(Predicate<T> match)", lambda v, t: co.List(v.element, [i for i in v.items if t(i)])),
        ("int FindIndex(Predicate<T> match)", arrays.find_index),
        ("int FindLastIndex(Predicate<T> match)", arrays.find_last_index),
        ("typed List<R> ConvertAll<R>(Converter<T, R> converter)", lambda a, v, f: co.List(a[0], [f(i) for i in v.items])),
        ("int BinarySearch(T item)", arrays.binary_search),
        ("void CopyTo(T[] array)", lambda v, a: co.copy_to(v, a, 0)),
        ("void CopyTo(T[] array, int arrayIndex)", co.copy_to),
        ("IReadOnlyList<T> AsReadOnly()", "{0}"),
    ),
    extends=("IList<T>", "IReadOnlyList<T>"),
)

DICTIONARY: Final = TypeDef(
    G + "Dictionary<K, V>",
    (
        ("typed new()", co.new_dictionary),
        ("typed new(int capacity)", co.new_dictionary),
        (f"typed new({COMPARER} comparer)", co.new_dictionary),
        ("typed new(IDictionary<K, V> dictionary)", co.new_dictionary),
        (f"typed new(IDictionary<K, V> dictionary, {COMPARER} comparer)", co.new_dictionary),
        ("V this[K key]", co.Dictionary.get, co.Dictionary.put),
        ("void Add(K key, V value)", co.Dictionary.add),
        ("bool ContainsKey(K key)", co.Dictionary.contains),
        ("bool ContainsValue(V value)", lambda d, v: any(co.both(x, v) for _, x in d.entries.values())),
        ("bool Remove(K key)", co.Dictionary.remove),
        ("bool TryGetValue(K key, out V value)", co.try_get),
        ("void Clear()", lambda d: d.entries.clear()),
        ("int Count", co.size),
        ("ICollection<K> Keys", arrays.map_keys),
        ("ICollection<V> Values", arrays.map_values),
    ),
    extends=("IDictionary<K, V>", "IReadOnlyDictionary<K, V>"),
)

OTHERS: Final = (
    TypeDef(
        G + "KeyValuePair<K, V>",
        (
            ("typed new(K key, V value)", co.Pair),
            ("K Key", "{0}.key"),
            ("V Value", "{0}.value"),
        ),
        kind="struct",
    ),
    TypeDef(
        G + "HashSet<T>",
        (
            ("typed new()", co.new_set),
            ("typed new(IEnumerable<T> collection)", co.new_set),
            (f"typed new({COMPARER} comparer)", co.new_set),
            (f"typed new(IEnumerable<T> collection, {COMPARER} comparer)", co.new_set),
            ("bool Add(T item)", co.set_add),
            ("bool Contains(T item)", co.set_contains),
            ("bool Remove(T item)", co.set_remove),
            ("int Count", co.size),
            ("void Clear()", co.clear),
            *(
                (f"void {name}(IEnumerable<T> other)", co.set_operation(name))
                for name in ("UnionWith", "IntersectWith", "ExceptWith")
            ),
            *(
                (f"bool {name}(IEnumerable<T> other)", co.set_operation(name))
                for name in ("SetEquals", "IsSubsetOf", "IsSupersetOf", "Overlaps")
            ),
        ),
        extends=("ISet<T>",),
    ),
    TypeDef(
        G + "Queue<T>",
        (
            ("typed new()", lambda a: co.Queue(a[0])),
            ("typed new(IEnumerable<T> collection)", lambda a, v: co.Queue(a[0], list(iterate(v)))),
            ("void Enqueue(T item)", co.add),
            ("T Dequeue()", co.dequeue),
            ("T Peek()", co.front),
            ("int Count", co.size),
            ("bool Contains(T item)", co.contains),
            ("void Clear()", co.clear),
            ("T[] ToArray()", lambda v: linq.to_array((v.element,), v)),
        ),
        extends=("IReadOnlyCollection<T>",),
    ),
    TypeDef(
        G + "Stack<T>",
        (
            ("typed new()", lambda a: co.Stack(a[0])),
            ("typed new(IEnumerable<T> collection)", lambda a, v: co.Stack(a[0], list(iterate(v)))),
            ("void Push(T item)", co.add),
            ("T Pop()", co.pop),
            ("T Peek()", co.top),
            ("int Count", co.size),
            ("bool Contains(T item)", co.contains),
            ("void Clear()", co.clear),
            ("T[] ToArray()", lambda v: linq.to_array((v.element,), v)),
        ),
        extends=("IReadOnlyCollection<T>",),
    ),
    *(
        TypeDef(
            f"System.Tuple<{', '.join(f'T{i}' for i in range(1, n + 1))}>",
            (
                (f"typed new({', '.join(f'T{i} item{i}' for i in range(1, n + 1))})", co.Tuple),
                *((f"T{i} Item{i}", f"{{0}}.items[{i - 1}]") for i in range(1, n + 1)),
            ),
        )
        for n in range(1, 8)
    ),
    TypeDef(
        "System.Tuple",
        tuple(
            (
                f"typed static Tuple<{', '.join(f'T{i}' for i in range(1, n + 1))}> "
                f"Create<{', '.join(f'T{i}' for i in range(1, n + 1))}>"
                f"({', '.join(f'T{i} item{i}' for i in range(1, n + 1))})",
                co.Tuple,
            )
            for n in range(1, 8)
        ),
        kind="static",
    ),
    TypeDef(
        "System.Array<T>",
        (
            ("int Length", "len({0})"),
            ("long LongLength", lambda a: Int64(len(a))),
            ("int Rank", lambda _: 1),
            ("T this[int index]", co.array_at, co.array_put),
            ("object Clone()", arrays.clone),
            ("int GetLength(int dimension)", lambda a, _: len(a)),
            ("T GetValue(int index)", co.array_at),
            ("void CopyTo(T[] array, int index)", co.copy_to),
            ("int GetUpperBound(int dimension)", lambda a, _: len(a) - 1),
        ),
        extends=("IList<T>", "IReadOnlyList<T>", "System.Array"),
    ),
    TypeDef(
        "System.Array",
        (
            ("static int IndexOf<T>(T[] array, T value)", co.index_of),
            ("static int LastIndexOf<T>(T[] array, T value)", co.last_index_of),
            ("static bool Exists<T>(T[] array, Predicate<T> match)", linq.any_of),
            ("static bool TrueForAll<T>(T[] array, Predicate<T> match)", linq.all_of),
            ("typed static T Find<T>(T[] array, Predicate<T> match)", linq.first_or_default),
            ("typed static T FindLast<T>(T[] array, Predicate<T> match)", linq.last_or_default),
            ("typed static T[] FindAll<T>(T[] array, Predicate<T> match)", lambda a, v, t: linq.to_array(a, linq.where(a, v, t))),
            ("static int FindIndex<T>(T[] array, Predicate<T> match)", arrays.find_index),
            ("static void ForEach<T>(T[] array, Action<T> action)", arrays.for_each),
            (
                "typed static R[] ConvertAll<T, R>(T[] array, Converter<T, R> converter)",
                lambda a, v, f: linq.to_array((a[1],), linq.select(a, v, f)),
            ),
            (
                "static void Copy<T>(T[] sourceArray, T[] destinationArray, int length)",
                lambda s, d, n: arrays.copy(s, 0, d, 0, n),
            ),
            (
                "static void Copy<T>(T[] sourceArray, int sourceIndex, T[] destinationArray, int destinationIndex, int length)",
                arrays.copy,
            ),
            ("static void Reverse<T>(T[] array)", arrays.reverse),
            ("static void Sort<T>(T[] array)", arrays.sort),
            ("static void Sort<T>(T[] array, Comparison<T> comparison)", arrays.sort_with),
            ("typed static void Clear<T>(T[] array, int index, int length)", arrays.clear_range),
            ("typed static T[] Empty<T>()", linq.empty),
            ("static int BinarySearch<T>(T[] array, T value)", arrays.binary_search),
        ),
        extends=("System.Collections.IEnumerable",),
    ),
    TypeDef(
        "System.Buffer",
        (("static void BlockCopy(byte[] src, int srcOffset, byte[] dst, int dstOffset, int count)", arrays.copy),),
        kind="static",
    ),
)


def _sums() -> tuple[tuple[object, ...], ...]:
    """Sum and Average for each numeric type, with and without a selector."""
    rows: list[tuple[object, ...]] = []
    kinds = (
        ("int", int, "double", float),
        ("long", Int64, "double", float),
        ("double", float, "double", float),
        ("decimal", Decimal, "decimal", Decimal),
        ("float", Single, "float", Single),
    )
    for name, kind, mean_name, mean in kinds:
        for mark in ("", "?"):
            rows += [
                (f"static {name}{mark} Sum(this IEnumerable<{name}{mark}> source)", linq.total(kind)),
                (f"static {name}{mark} Sum<T>(this IEnumerable<T> source, Func<T, {name}{mark}> selector)", linq.total(kind)),
                (f"static {mean_name}{mark} Average(this IEnumerable<{name}{mark}> source)", linq.average(mean, bool(mark))),
                (
                    f"static {mean_name}{mark} Average<T>(this IEnumerable<T> source, Func<T, {name}{mark}> selector)",
                    linq.average(mean, bool(mark)),
                ),
            ]
    return tuple(rows)


S: Final = "this IEnumerable<T> source"
TEST: Final = "Func<T, bool> predicate"
ENUMERABLE: Final = TypeDef(
    "System.Linq.Enumerable",
    (
        (f"typed static IEnumerable<T> Where<T>({S}, {TEST})", linq.where),
        (f"typed static IEnumerable<T> Where<T>({S}, Func<T, int, bool> predicate)", linq.where_index),
        (f"typed static IEnumerable<R> Select<T, R>({S}, Func<T, R> selector)", linq.select),
        (f"typed static IEnumerable<R> Select<T, R>({S}, Func<T, int, R> selector)", linq.select_index),
        (f"typed static IEnumerable<R> SelectMany<T, R>({S}, Func<T, IEnumerable<R>> selector)", linq.select_many),
        (
            f"typed static IEnumerable<R> SelectMany<T, C, R>({S}, Func<T, IEnumerable<C>> collectionSelector, "
            f"Func<T, C, R> resultSelector)",
            linq.select_many_with,
        ),
        *((f"static T {name}<T>({S})", f) for name, f in (("First", linq.first), ("Last", linq.last), ("Single", linq.single))),
        *(
            (f"static T {name}<T>({S}, {TEST})", f)
            for name, f in (("First", linq.first), ("Last", linq.last), ("Single", linq.single))
        ),
        *(
            (f"typed static T {name}OrDefault<T>({S}{more})", f)
            for name, f in (
                ("First", linq.first_or_default),
                ("Last", linq.last_or_default),
                ("Single", linq.single_or_default),
            )
            for more in ("", f", {TEST}")
        ),
        (f"static T ElementAt<T>({S}, int index)", linq.element_at),
        (f"typed static T ElementAtOrDefault<T>({S}, int index)", linq.element_at_or_default),
        (f"static bool Any<T>({S})", linq.any_of),
        (f"static bool Any<T>({S}, {TEST})", linq.any_of),
        (f"static bool All<T>({S}, {TEST})", linq.all_of),
        (f"static int Count<T>({S})", linq.count),
        (f"static int Count<T>({S}, {TEST})", linq.count),
        (f"static long LongCount<T>({S})", linq.long_count),
        (f"static bool Contains<T>({S}, T value)", linq.contains),
        (f"static bool Contains(this IEnumerable<string> source, string value, {COMPARER} comparer)", linq.contains_with),
        (f"typed static List<T> ToList<T>({S})", linq.to_list),
        (f"typed static T[] ToArray<T>({S})", linq.to_array),
        (f"typed static Dictionary<K, T> ToDictionary<T, K>({S}, Func<T, K> keySelector)", linq.to_dictionary),
        (
            f"typed static Dictionary<K, T> ToDictionary<T, K>({S}, Func<T, K> keySelector, {COMPARER} comparer)",
            linq.to_dictionary,
        ),
        (
            f"typed static Dictionary<K, V> ToDictionary<T, K, V>({S}, Func<T, K> keySelector, Func<T, V> elementSelector)",
            linq.to_dictionary,
        ),
        (
            f"typed static Dictionary<K, V> ToDictionary<T, K, V>({S}, Func<T, K> keySelector, "
            f"Func<T, V> elementSelector, {COMPARER} comparer)",
            linq.to_dictionary,
        ),
        (f"typed static ILookup<K, T> ToLookup<T, K>({S}, Func<T, K> keySelector)", linq.to_lookup),
        (
            f"typed static ILookup<K, V> ToLookup<T, K, V>({S}, Func<T, K> keySelector, Func<T, V> elementSelector)",
            linq.to_lookup,
        ),
        (f"typed static HashSet<T> ToHashSet<T>({S})", co.new_set),
        (f"typed static IEnumerable<T> Distinct<T>({S})", linq.distinct),
        (f"typed static IEnumerable<T> Distinct<T>({S}, {COMPARER} comparer)", linq.distinct),
        *(
            (f"typed static IEnumerable<T> {name}<T>({S}, IEnumerable<T> second)", f)
            for name, f in (
                ("Concat", linq.concat),
                ("Union", linq.union),
                ("Intersect", linq.intersect),
                ("Except", linq.excluding),
            )
        ),
        *(
            (f"typed static IEnumerable<T> {name}<T>({S}, IEnumerable<T> second, {COMPARER} comparer)", f)
            for name, f in (
                ("Union", linq.union),
                ("Intersect", linq.intersect),
                ("Except", linq.excluding),
            )
        ),
        (f"typed static IEnumerable<T> Append<T>({S}, T element)", linq.append),
        (f"typed static IEnumerable<T> Prepend<T>({S}, T element)", linq.prepend),
        (f"typed static IEnumerable<T> Reverse<T>({S})", linq.reverse),
        (f"typed static IEnumerable<T> Skip<T>({S}, int count)", linq.skip),
        (f"typed static IEnumerable<T> Take<T>({S}, int count)", linq.take),
        (f"typed static IEnumerable<T> SkipWhile<T>({S}, {TEST})", linq.skip_while),
        (f"typed static IEnumerable<T> TakeWhile<T>({S}, {TEST})", linq.take_while),
        (f"typed static IEnumerable<R> Zip<T, U, R>({S}, IEnumerable<U> second, Func<T, U, R> resultSelector)", linq.zip_with),
        (f"typed static IEnumerable<T> DefaultIfEmpty<T>({S})", linq.default_if_empty),
        (f"typed static IEnumerable<T> DefaultIfEmpty<T>({S}, T defaultValue)", linq.default_if_empty),
        (f"static bool SequenceEqual<T>({S}, IEnumerable<T> second)", linq.sequence_equal),
        (f"static IEnumerable<T> AsEnumerable<T>({S})", "{0}"),
        ("static IEnumerable<int> Range(int start, int count)", linq.span),
        ("typed static IEnumerable<T> Repeat<T>(T element, int count)", linq.repeat),
        ("typed static IEnumerable<T> Empty<T>()", linq.empty),
        ("typed static IEnumerable<T> Cast<T>(this System.Collections.IEnumerable source)", linq.cast),
        ("typed static IEnumerable<T> OfType<T>(this System.Collections.IEnumerable source)", linq.of_type),
        *(
            (f"typed static IOrderedEnumerable<T> {name}<T, K>({S}, Func<T, K> keySelector)", linq.order_by(down))
            for name, down in (
                ("OrderBy", False),
                ("OrderByDescending", True),
            )
        ),
        *(
            (
                f"typed static IOrderedEnumerable<T> {name}<T>({S}, Func<T, string> keySelector, IComparer<string> comparer)",
                linq.order_by(down),
            )
            for name, down in (("OrderBy", False), ("OrderByDescending", True))
        ),
        *(
            (
                f"typed static IOrderedEnumerable<T> {name}<T, K>(this IOrderedEnumerable<T> source, Func<T, K> keySelector)",
                linq.then_by(down),
            )
            for name, down in (("ThenBy", False), ("ThenByDescending", True))
        ),
        (f"typed static IEnumerable<IGrouping<K, T>> GroupBy<T, K>({S}, Func<T, K> keySelector)", linq.group_by),
        (
            f"typed static IEnumerable<IGrouping<K, V>> GroupBy<T, K, V>({S}, Func<T, K> keySelector, "
            f"Func<T, V> elementSelector)",
            linq.group_by,
        ),
        (
            f"typed static IEnumerable<R> GroupBy<T, K, R>({S}, Func<T, K> keySelector, "
            f"Func<K, IEnumerable<T>, R> resultSelector)",
            linq.group_result,
        ),
        (
            "typed static IEnumerable<R> Join<T, U, K, R>(this IEnumerable<T> outer, IEnumerable<U> inner, "
            "Func<T, K> outerKeySelector, "
            "Func<U, K> innerKeySelector, Func<T, U, R> resultSelector)",
            linq.join,
        ),
        (f"static T Aggregate<T>({S}, Func<T, T, T> func)", linq.aggregate),
        (f"static A Aggregate<T, A>({S}, A seed, Func<A, T, A> func)", linq.aggregate_seed),
        (f"static R Aggregate<T, A, R>({S}, A seed, Func<A, T, A> func, Func<A, R> resultSelector)", linq.aggregate_result),
        *_sums(),
        *((f"typed static T {name}<T>({S})", linq.extreme(sign)) for name, sign in (("Max", 1), ("Min", -1))),
        *(
            (f"typed static R {name}<T, R>({S}, Func<T, R> selector)", linq.extreme(sign))
            for name, sign in (("Max", 1), ("Min", -1))
        ),
    ),
    kind="static",
)

DELEGATES: Final = (
    *(TypeDef(f"System.Func<{', '.join([*(f'T{i}' for i in range(1, n + 1)), 'R'])}>") for n in range(8)),
    *(TypeDef(f"System.Action<{', '.join(f'T{i}' for i in range(1, n + 1))}>") for n in range(1, 8)),
    TypeDef("System.Action"),
    TypeDef("System.Predicate<T>"),
    TypeDef("System.Comparison<T>"),
    TypeDef("System.Converter<T, R>"),
)
TYPES: Final = (*INTERFACES, LIST, DICTIONARY, *OTHERS, ENUMERABLE, *DELEGATES)

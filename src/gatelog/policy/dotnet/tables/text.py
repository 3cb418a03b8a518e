"""What expressions may use of object, String, Char, StringBuilder, Encoding, comparison enums."""

from __future__ import annotations

from typing import Final

from gatelog.policy.dotnet import encodings, strings
from gatelog.policy.dotnet.builders import StringBuilder, StringReader, StringWriter
from gatelog.policy.dotnet.formatting import format_composite, format_with
from gatelog.policy.dotnet.metadata import TypeDef
from gatelog.policy.dotnet.numbers import Char
from gatelog.policy.dotnet.runtime import equals, hash_of, nn, same_reference, string_value
from gatelog.policy.dotnet.strings import letter_or_digit

OBJECT: Final = TypeDef(
    "System.Object",
    (
        ("string ToString()", string_value),
        ("bool Equals(object obj)", equals),
        ("static bool Equals(object objA, object objB)", lambda a, b: a is b is None or equals(a, b)),
        ("static bool ReferenceEquals(object objA, object objB)", same_reference),
        ("int GetHashCode()", lambda v: hash_of(nn(v))),
    ),
)

STRING: Final = TypeDef(
    "System.String",
    (
        ("static string Empty", "''", ""),
        ("new(char c, int count)", strings.repeat),
        ("new(char[] value)", strings.from_chars),
        ("new(char[] value, int startIndex, int length)", strings.from_char_range),
        ("int Length", strings.length),
        ("char this[int index]", strings.char_at),
        ("static bool IsNullOrEmpty(string value)", "(not {0})"),
        ("static bool IsNullOrWhiteSpace(string value)", strings.is_white),
        ("string Substring(int startIndex)", strings.substring),
        ("string Substring(int startIndex, int length)", strings.substring),
        ("string Remove(int startIndex)", strings.remove),
        ("string Remove(int startIndex, int count)", strings.remove),
        ("string Insert(int startIndex, string value)", strings.insert),
        ("string[] Split(params char[] separator)", strings.split_chars),
        ("string[] Split(char[] separator, int count)", strings.split_chars),
        ("string[] Split(char[] separator, StringSplitOptions options)", strings.split_chars),
        ("string[] Split(char[] separator, int count, StringSplitOptions options)", strings.split_chars),
        ("string[] Split(string[] separator, StringSplitOptions options)", lambda s, p, o: strings.split(s, p, -1, o)),
        ("string[] Split(string[] separator, int count, StringSplitOptions options)", strings.split),
        ("string[] Split(char separator, StringSplitOptions options)", lambda s, p, o: strings.split(s, p, -1, o)),
        ("string[] Split(char separator, int count)", lambda s, p, n: strings.split(s, p, n)),
        ("string[] Split(string separator, StringSplitOptions options = 0)", strings.split_string),
        ("string Trim()", strings.trimmer(str.strip)),
        ("string Trim(params char[] trimChars)", strings.trimmer(str.strip)),
        ("string TrimStart(params char[] trimChars)", strings.trimmer(str.lstrip)),
        ("string TrimEnd(params char[] trimChars)", strings.trimmer(str.rstrip)),
        ("string Replace(string oldValue, string newValue)", strings.replace),
        ("string Replace(char oldChar, char newChar)", strings.replace),
        ("bool Contains(string value)", strings.contains),
        ("bool Contains(char value)", strings.contains),
        ("bool Contains(string value, StringComparison comparisonType)", strings.contains_with),
        ("bool StartsWith(string value)", strings.starts_with),
        ("bool StartsWith(char value)", strings.starts_with),
        ("bool StartsWith(string value, StringComparison comparisonType)", strings.starts_with),
        ("bool StartsWith(string value, bool ignoreCase, CultureInfo culture)", strings.starts_with_case),
        ("bool EndsWith(string value)", strings.ends_with),
        ("bool EndsWith(char value)", strings.ends_with),
        ("bool EndsWith(string value, StringComparison comparisonType)", strings.ends_with),
        ("bool EndsWith(string value, bool ignoreCase, CultureInfo culture)", strings.ends_with_case),
        ("int IndexOf(string value)", strings.index_of),
        ("int IndexOf(char value)", strings.index_of),
        ("int IndexOf(string value, int startIndex)", strings.index_of),
        ("int IndexOf(char value, int startIndex)", strings.index_of),
        ("int IndexOf(string value, int startIndex, int count)", strings.index_of),
        ("int IndexOf(char value, int startIndex, int count)", strings.index_of),
        ("int IndexOf(string value, StringComparison comparisonType)", strings.index_of_with),
        ("int IndexOf(string value, int startIndex, StringComparison comparisonType)", strings.index_of_from_with),
        ("int LastIndexOf(string value)", strings.last_index_of),
        ("int LastIndexOf(char value)", strings.last_index_of),
        ("int LastIndexOf(string value, int startIndex)", strings.last_index_of),
        ("int LastIndexOf(char value, int startIndex)", strings.last_index_of),
        ("int LastIndexOf(string value, StringComparison comparisonType)", strings.last_index_with),
        ("int IndexOfAny(char[] anyOf)", strings.index_of_any),
        ("int IndexOfAny(char[] anyOf, int startIndex)", strings.index_of_any),
        ("int LastIndexOfAny(char[] anyOf)", strings.last_index_of_any),
        ("string PadLeft(int totalWidth)", strings.pad_left),
        ("string PadLeft(int totalWidth, char paddingChar)", strings.pad_left),
        ("string PadRight(int totalWidth)", strings.pad_right),
        ("string PadRight(int totalWidth, char paddingChar)", strings.pad_right),
        ("string ToUpper()", strings.upper),
        ("string ToUpper(CultureInfo culture)", lambda s, _: strings.upper(s)),
        ("string ToUpperInvariant()", strings.upper),
        ("string ToLower()", strings.lower),
        ("string ToLower(CultureInfo culture)", lambda s, _: strings.lower(s)),
        ("string ToLowerInvariant()", strings.lower),
        ("char[] ToCharArray()", strings.to_chars),
        ("string ToString()", "{0}"),
        ("string Normalize()", strings.normalized),
        ("bool Equals(string value)", "({0} == {1})"),
        ("bool Equals(object obj)", strings.equals_text),
        ("bool Equals(string value, StringComparison comparisonType)", strings.instance_equals_with),
        ("static bool Equals(string a, string b)", "({0} == {1})"),
        ("static bool Equals(string a, string b, StringComparison comparisonType)", strings.equals_with),
        ("int CompareTo(string strB)", strings.compare),
        ("static int Compare(string strA, string strB)", strings.compare),
        ("static int Compare(string strA, string strB, bool ignoreCase)", strings.compare_case),
        ("static int Compare(string strA, string strB, StringComparison comparisonType)", strings.compare_with),
        ("static int CompareOrdinal(string strA, string strB)", strings.compare_ordinal),
        ("static string Join(string separator, params string[] value)", strings.join),
        ("static string Join(string separator, params object[] values)", strings.join),
        ("static string Join(string separator, IEnumerable<string> values)", strings.join),
        ("static string Join<T>(string separator, IEnumerable<T> values)", strings.join),
        ("static string Join(string separator, string[] value, int startIndex, int count)", strings.join_range),
        ("static string Concat(params object[] args)", strings.concat_sequence),
        ("static string Concat(params string[] values)", strings.concat_sequence),
        ("static string Concat(IEnumerable<string> values)", strings.concat_sequence),
        ("static string Concat<T>(IEnumerable<T> values)", strings.concat_sequence),
        ("static string Format(string format, params object[] args)", format_composite),
        ("static string Format(IFormatProvider provider, string format, params object[] args)", format_with),
        ("static string Copy(string str)", "{0}"),
        ("static string Intern(string str)", "{0}"),
        ("CharEnumerator GetEnumerator()", strings.identity),
    ),
    extends=("IEnumerable<char>", "IComparable", "IComparable<string>"),
)

CHAR: Final = TypeDef(
    "System.Char",
    (
        ("static char MinValue", "{c}", Char("\0")),
        ("static char MaxValue", "{c}", Char("\uffff")),
        ("static bool IsDigit(char c)", strings.category("Nd")),
        ("static bool IsLetter(char c)", strings.category("L")),
        ("static bool IsLetterOrDigit(char c)", letter_or_digit),
        ("static bool IsNumber(char c)", strings.category("N")),
        ("static bool IsWhiteSpace(char c)", lambda c: c in strings.WHITE),
        ("static bool IsUpper(char c)", strings.category("Lu")),
        ("static bool IsLower(char c)", strings.category("Ll")),
        ("static bool IsPunctuation(char c)", strings.category("P")),
        ("static bool IsSymbol(char c)", strings.category("S")),
        ("static bool IsSeparator(char c)", strings.category("Z")),
        ("static bool IsControl(char c)", strings.category("Cc")),
        ("static bool IsSurrogate(char c)", strings.category("Cs")),
        ("static bool IsHighSurrogate(char c)", lambda c: "\ud800" <= c <= "\udbff"),
        ("static bool IsLowSurrogate(char c)", lambda c: "\udc00" <= c <= "\udfff"),
        ("static bool IsDigit(string s, int index)", strings.at_index(strings.category("Nd"))),
        ("static bool IsLetter(string s, int index)", strings.at_index(strings.category("L"))),
        ("static bool IsLetterOrDigit(string s, int index)", strings.at_index(letter_or_digit)),
        ("static bool IsWhiteSpace(string s, int index)", strings.at_index(lambda c: c in strings.WHITE)),
        ("static double GetNumericValue(char c)", strings.numeric_value),
        ("static char ToUpper(char c)", strings.upper_char),
        ("static char ToUpperInvariant(char c)", strings.upper_char),
        ("static char ToLower(char c)", strings.lower_char),
        ("static char ToLowerInvariant(char c)", strings.lower_char),
        ("static char Parse(string s)", strings.parse_char),
        ("static bool TryParse(string s, out char result)", strings.try_parse_char),
        ("static string ToString(char c)", strings.concat),
        ("string ToString()", strings.concat),
        ("bool Equals(char obj)", "({0} == {1})"),
        ("bool Equals(object obj)", equals),
        ("int CompareTo(char value)", lambda a, b: ord(a) - ord(b)),
    ),
    extends=("IComparable", "IComparable<char>"),
    kind="struct",
)

BUILDER: Final = TypeDef(
    "System.Text.StringBuilder",
    (
        ("new()", StringBuilder),
        ("new(int capacity)", lambda _: StringBuilder()),
        ("new(string value)", StringBuilder),
        ("new(string value, int capacity)", lambda s, _: StringBuilder(s)),
        ("int Length", StringBuilder.length, StringBuilder.set_length),
        ("int Capacity", lambda b: max(16, StringBuilder.length(b))),
        ("char this[int index]", StringBuilder.char_at, StringBuilder.set_char),
        ("StringBuilder Append(string value)", StringBuilder.append),
        ("StringBuilder Append(object value)", StringBuilder.append),
        ("StringBuilder Append(char value)", StringBuilder.append),
        ("StringBuilder Append(char value, int repeatCount)", lambda b, c, n: b.append(strings.repeat(c, n))),
        (
            "StringBuilder Append(string value, int startIndex, int count)",
            lambda b, s, i, n: b.append(strings.substring(s, i, n)),
        ),
        ("StringBuilder Append(char[] value)", lambda b, v: b.append(strings.from_chars(v))),
        ("StringBuilder AppendLine()", StringBuilder.append_line),
        ("StringBuilder AppendLine(string value)", StringBuilder.append_line),
        ("StringBuilder AppendFormat(string format, params object[] args)", lambda b, f, a: b.append(format_composite(f, a))),
        ("StringBuilder Insert(int index, string value)", StringBuilder.insert),
        ("StringBuilder Insert(int index, object value)", StringBuilder.insert),
        ("StringBuilder Insert(int index, char value)", StringBuilder.insert),
        ("StringBuilder Remove(int startIndex, int length)", StringBuilder.remove),
        ("StringBuilder Replace(string oldValue, string newValue)", StringBuilder.replace),
        ("StringBuilder Replace(char oldChar, char newChar)", StringBuilder.replace),
        ("StringBuilder Clear()", StringBuilder.clear),
        ("string ToString()", StringBuilder.text),
        ("string ToString(int startIndex, int length)", lambda b, i, n: strings.substring(b.text(), i, n)),
        ("bool Equals(StringBuilder sb)", lambda a, b: a.text() == b.text()),
    ),
)

READER: Final = TypeDef(
    "System.IO.StringReader",
    (
        ("new(string s)", StringReader),
        ("string ReadLine()", StringReader.read_line),
        ("string ReadToEnd()", StringReader.read_to_end),
        ("int Read()", StringReader.read),
        ("int Peek()", StringReader.peek),
        ("void Close()", lambda _: None),
        ("void Dispose()", lambda _: None),
    ),
    extends=("TextReader",),
)

WRITER: Final = TypeDef(
    "System.IO.StringWriter",
    (
        ("new()", StringWriter),
        ("void Write(string value)", StringWriter.write),
        ("void Write(object value)", StringWriter.write),
        ("void Write(char value)", StringWriter.write),
        ("void WriteLine()", StringWriter.write_line),
        ("void WriteLine(string value)", StringWriter.write_line),
        ("void WriteLine(object value)", StringWriter.write_line),
        ("void Flush()", lambda _: None),
        ("void Dispose()", lambda _: None),
        ("string ToString()", StringWriter.text),
    ),
    extends=("TextWriter",),
)

ENCODING: Final = TypeDef(
    "System.Text.Encoding",
    (
        *(
            (f"static Encoding {name}", (lambda e: lambda: e)(value))
            for name, value in (
                ("UTF8", encodings.UTF8),
                ("ASCII", encodings.ASCII),
                ("Unicode", encodings.UNICODE),
                ("UTF32", encodings.UTF32),
                ("BigEndianUnicode", encodings.BIG_ENDIAN),
                ("Default", encodings.UTF8),
                ("UTF7", encodings.UTF7),
            )
        ),
        ("static Encoding GetEncoding(string name)", encodings.by_name),
        ("static Encoding GetEncoding(int codepage)", encodings.by_code_page),
        ("byte[] GetBytes(string s)", encodings.get_bytes),
        ("byte[] GetBytes(char[] chars)", lambda e, c: encodings.get_bytes(e, strings.from_chars(c))),
        ("string GetString(byte[] bytes)", encodings.get_string),
        ("string GetString(byte[] bytes, int index, int count)", encodings.get_string_range),
        ("int GetByteCount(string s)", lambda e, s: len(encodings.get_bytes(e, s))),
        ("char[] GetChars(byte[] bytes)", lambda e, b: strings.to_chars(encodings.get_string(e, b))),
        ("string WebName", lambda e: e.web_name),
    ),
)

WEB: Final = TypeDef(
    "System.Net.WebUtility",
    (
        ("static string UrlEncode(string value)", encodings.url_encode),
        ("static string UrlDecode(string encodedValue)", encodings.url_decode),
        ("static string HtmlEncode(string value)", encodings.html_encode),
        ("static string HtmlDecode(string value)", encodings.html_decode),
    ),
    kind="static",
)

COMPARISON: Final = TypeDef(
    "System.StringComparison",
    kind="enum",
    values=(
        ("CurrentCulture", 0),
        ("CurrentCultureIgnoreCase", 1),
        ("InvariantCulture", 2),
        ("InvariantCultureIgnoreCase", 3),
        ("Ordinal", 4),
        ("OrdinalIgnoreCase", 5),
    ),
)
SPLIT: Final = TypeDef("System.StringSplitOptions", kind="enum", values=(("None", 0), ("RemoveEmptyEntries", 1)), flags=True)

TYPES: Final = (
    OBJECT,
    STRING,
    CHAR,
    BUILDER,
    READER,
    WRITER,
    ENCODING,
    WEB,
    COMPARISON,
    SPLIT,
    TypeDef("System.CharEnumerator", extends=("IEnumerator<char>",)),
    TypeDef(
        "System.IO.TextReader", (("string ReadLine()", StringReader.read_line), ("string ReadToEnd()", StringReader.read_to_end))
    ),
    TypeDef("System.IO.TextWriter"),
    TypeDef("System.IFormatProvider", kind="interface"),
    TypeDef(
        "System.Globalization.CultureInfo",
        (
            ("static CultureInfo InvariantCulture", "None"),
            ("static CultureInfo CurrentCulture", "None"),
        ),
        extends=("IFormatProvider",),
    ),
    TypeDef("System.IComparable", kind="interface"),
    TypeDef("System.IComparable<T>", kind="interface"),
    TypeDef("System.IDisposable", kind="interface"),
    TypeDef("System.Void", kind="struct"),
)

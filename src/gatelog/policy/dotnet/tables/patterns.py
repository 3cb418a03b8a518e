"""What expressions may use of regular expressions."""

from __future__ import annotations

from typing import Final

from gatelog.policy.dotnet import regexes as rx
from gatelog.policy.dotnet.metadata import TypeDef

NS: Final = "System.Text.RegularExpressions."
_STATIC: Final = (
    ("bool IsMatch(string input, string pattern{})", rx.static(rx.is_match)),
    ("Match Match(string input, string pattern{})", rx.static(rx.search)),
    ("MatchCollection Matches(string input, string pattern{})", rx.static(rx.all_matches)),
    ("string Replace(string input, string pattern, string replacement{})", rx.static(rx.replace)),
    ("string Replace(string input, string pattern, Func<Match, string> evaluator{})", rx.static(rx.replace)),
    ("string[] Split(string input, string pattern{})", rx.static(rx.split)),
)

TYPES: Final = (
    TypeDef(
        NS + "Regex",
        (
            ("new(string pattern)", rx.Regex),
            ("new(string pattern, RegexOptions options)", rx.Regex),
            ("new(string pattern, RegexOptions options, TimeSpan matchTimeout)", lambda p, o, _: rx.Regex(p, o)),
            *((f"static {row.format(more)}", does) for row, does in _STATIC for more in ("", ", RegexOptions options")),
            *(
                (f"static {row.format(', RegexOptions options, TimeSpan matchTimeout')}", (lambda d: lambda *a: d(*a[:-1]))(does))
                for row, does in _STATIC
            ),
            ("bool IsMatch(string input)", rx.is_match),
            ("bool IsMatch(string input, int startat)", rx.is_match),
            ("Match Match(string input)", rx.search),
            ("Match Match(string input, int startat)", rx.search),
            ("MatchCollection Matches(string input)", rx.all_matches),
            ("string Replace(string input, string replacement)", rx.replace),
            ("string Replace(string input, string replacement, int count)", rx.replace),
            ("string Replace(string input, Func<Match, string> evaluator)", rx.replace),
            ("string Replace(string input, Func<Match, string> evaluator, int count)", rx.replace),
            ("string[] Split(string input)", rx.split),
            ("string[] Split(string input, int count)", rx.split),
            ("static string Escape(string str)", rx.escape),
            ("static string Unescape(string str)", rx.unescape),
            ("string ToString()", rx.Regex.text),
        ),
    ),
    TypeDef(
        NS + "Capture",
        (
            ("int Index", "{0}.index"),
            ("int Length", "len({0}.value)"),
            ("string Value", "{0}.value"),
            ("string ToString()", "{0}.value"),
        ),
    ),
    TypeDef(
        NS + "Group",
        (("bool Success", "{0}.success"), ("CaptureCollection Captures", "{0}.captures"), ("string Name", "{0}.name")),
        extends=("Capture",),
    ),
    TypeDef(
        NS + "Match",
        (
            ("static Match Empty", lambda: rx.EMPTY),
            ("GroupCollection Groups", rx.Match.groups),
            ("Match NextMatch()", rx.Match.next),
            ("string Result(string replacement)", rx.Match.result),
        ),
        extends=("Group",),
    ),
    TypeDef(
        NS + "GroupCollection",
        (
            ("Group this[int groupnum]", rx.GroupList.at),
            ("Group this[string groupname]", rx.GroupList.named),
            ("int Count", "len({0})"),
        ),
        extends=("IEnumerable<Group>",),
    ),
    TypeDef(
        NS + "CaptureCollection",
        (("Capture this[int i]", rx.GroupList.capture), ("int Count", "len({0})")),
        extends=("IEnumerable<Capture>",),
    ),
    TypeDef(
        NS + "MatchCollection",
        (("Match this[int i]", rx.GroupList.capture), ("int Count", "len({0})")),
        extends=("IEnumerable<Match>",),
    ),
    TypeDef(
        NS + "RegexOptions",
        kind="enum",
        flags=True,
        values=(
            ("None", 0),
            ("IgnoreCase", 1),
            ("Multiline", 2),
            ("ExplicitCapture", 4),
            ("Compiled", 8),
            ("Singleline", 16),
            ("IgnorePatternWhitespace", 32),
            ("RightToLeft", 64),
            ("ECMAScript", 256),
            ("CultureInvariant", 512),
        ),
    ),
)

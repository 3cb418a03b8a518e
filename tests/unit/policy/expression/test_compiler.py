"""Compiling and evaluating expressions: API Management's pitfalls, refusals, limits, the context object."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest

from gatelog.policy.expression import DotNetException, ExpressionError, compile, describe, evaluate, to_text, type_name

BODY = '{"model":"gpt-4","n":null,"a":[1,2],"s":"x","f":1.0,"d":"2024-01-02T03:04:05Z"}'
CALL: dict[str, Any] = {
    "Request": {
        "Method": "POST",
        "Url": "https://res1.openai.azure.com/openai/deployments/gpt/chat/completions?api-version=2024-02-01&a=1&a=2",
        "OriginalUrl": "https://api.example.com:8443/x",
        "Headers": {"Content-Type": "application/json", "X-Many": ["1", "2"], "Authorization": "Basic dXNlcjpwYXNz"},
        "Body": BODY,
        "MatchedParameters": {"deployment-id": "gpt"},
        "IpAddress": "203.0.113.7",
    },
    "Variables": {
        "i": 5,
        "s": "abc",
        "l": {"Type": "Int64", "Value": 7},
        "r": {"Type": "IResponse", "Value": {"StatusCode": 418, "Body": '{"t":1}'}},
    },
    "Api": {"Id": "api1", "Name": "Api One", "ServiceUrl": "https://back.example.com:444/v1"},
    "Operation": {"Id": "ChatCompletions_Create", "Method": "POST", "UrlTemplate": "/chat"},
    "Subscription": {"Id": "sub1", "Name": "Sub", "CreatedDate": "2024-01-02T00:00:00Z"},
    "User": {"Id": "u1", "Groups": ["developers"], "Identities": [{"Id": "me", "Provider": "Basic"}]},
    "LastError": {"Source": "validate-jwt", "Reason": "TokenExpired", "Message": "late"},
    "Deployment": {"Region": "East US", "ServiceName": "svc"},
    "RequestId": "11111111-2222-3333-4444-555555555555",
    "Now": "2024-06-05T15:04:09Z",
    "Timestamp": "2024-06-05T15:04:08Z",
    "Elapsed": "00:00:01.2350000",
}


def run(text: str, call: dict[str, Any] | None = None) -> Any:
    return evaluate(compile(text), describe(CALL if call is None else call))


VALUES = [
    ("context.Request.Method", "POST"),
    ("context.Request.Url.Host", "res1.openai.azure.com"),
    ("context.Request.Url.Path", "/openai/deployments/gpt/chat/completions"),
    ("context.Request.Url.QueryString", "?api-version=2024-02-01&a=1&a=2"),
    ('context.Request.Url.Query.GetValueOrDefault("A")', "1,2"),
    ('context.Request.Url.Query.GetValueOrDefault("zz", "no")', "no"),
    ("context.Request.OriginalUrl.Port", "8443"),
    ("context.Request.OriginalUrl.ToString()", "https://api.example.com:8443/x"),
    ('context.Request.Headers.GetValueOrDefault("x-many", "")', "1,2"),
    ('context.Request.Headers.GetValueOrDefault("none", "d")', "d"),
    ('context.Request.Headers["X-Many"].Last()', "2"),
    ('context.Request.Headers.ContainsKey("content-type")', "True"),
    ('context.Request.Headers.GetValueOrDefault("Authorization").AsBasic().Password', "pass"),
    ('context.Request.MatchedParameters["deployment-id"]', "gpt"),
    ("context.Request.IpAddress", "203.0.113.7"),
    ("context.RequestId", "11111111-2222-3333-4444-555555555555"),
    ("context.Api.ServiceUrl.Host + context.Api.ServiceUrl.Port + context.Api.ServiceUrl.Path", "back.example.com444/v1"),
    ("context.Operation.UrlTemplate", "/chat"),
    ('context.Product?.Name ?? "none"', "none"),
    ("context.Subscription.CreatedDate.Year", "2024"),
    ("context.User.Groups.First().Name + context.User.Identities.First().Provider", "developersBasic"),
    ("context.LastError.Reason", "TokenExpired"),
    ("context.Deployment.Region + context.Deployment.Gateway.Id", "East USmanaged"),
    ("context.Elapsed", "00:00:01.2350000"),
    ("DateTime.UtcNow", "6/5/2024 3:04:09 PM"),
    ('DateTime.UtcNow.ToString("o")', "2024-06-05T15:04:09.0000000Z"),
    ("context.Timestamp.Second", "8"),
    ("context.Response == null", "True"),
    ('((IResponse)context.Variables["r"]).StatusCode', "418"),
    ('((IResponse)context.Variables["r"]).Body.As<JObject>()["t"]', "1"),
    ('context.Variables["missing"] == null', "True"),
    ('context.Variables.GetValueOrDefault<int>("missing")', "0"),
    ("context.Variables.Count", "4"),
    ('string.Join(",", context.Variables.Keys)', "i,s,l,r"),
    ('context.Request.Body.As<JObject>(true)["n"] == null', "False"),
    ("@{ int x = int.MaxValue; return x + 1; }", "-2147483648"),
    (
        "@{ var f = new List<Func<int>>(); foreach (var i in new[] {1,2}) { var j = i * 9; f.Add(() => j); } "
        "return f.Sum(g => g()); }",
        "27",
    ),
    ("@{ int F(int n) { if (n < 2) return n; return F(n - 1) + F(n - 2); } return F(10); }", "55"),
    ("@{ object o = null; return o is null; }", "True"),
    ("@{ var n = 0; foreach (var h in context.Request.Headers) n += h.Value.Length; return n; }", "4"),
    ('@(((string)context.Variables["s"])?.ToUpper() ?? "none") ', "ABC"),
    ('(string)context.Request.Body.As<JObject>(true)["s"] + 1', "x1"),
    ("new { a = 1, context.Operation.Id }", "{ a = 1, Id = ChatCompletions_Create }"),
]


@pytest.mark.parametrize(("text", "expected"), VALUES)
def test_value(text: str, expected: str) -> None:
    assert to_text(run(text)) == expected


FAILURES = [
    ('(int)context.Variables["l"]', "InvalidCastException", "Specified cast is not valid."),
    (
        'context.Variables.GetValueOrDefault<string>("i")',
        "InvalidCastException",
        "Unable to cast object of type 'System.Int32' to type 'System.String'.",
    ),
    ('context.Request.Headers["none"]', "KeyNotFoundException", "The given key was not present in the dictionary."),
    ("context.Response.StatusCode", "NullReferenceException", "Object reference not set to an instance of an object."),
    ("context.Product.Id", "NullReferenceException", "Object reference not set to an instance of an object."),
    (
        "@{ context.Request.Body.As<string>(); return context.Request.Body.As<string>(); }",
        "InvalidOperationException",
        "The message body has already been consumed.",
    ),
    (
        'new JObject(new JProperty("a", 1), new JProperty("a", 2))',
        "ArgumentException",
        "Can not add property a to Newtonsoft.Json.Linq.JObject. Property with the same name already exists on object.",
    ),
]


@pytest.mark.parametrize(("text", "kind", "message"), FAILURES)
def test_exception(text: str, kind: str, message: str) -> None:
    with pytest.raises(DotNetException) as caught:
        run(text)
    assert (caught.value.type_name, caught.value.message) == (kind, message)


REFUSALS = [
    ('System.IO.File.ReadAllText("x")', "Usage of type 'System.IO.File' is not supported within expressions"),
    ("Environment.MachineName", "Usage of type 'Environment' is not supported within expressions"),
    ("new System.Net.Http.HttpClient()", "Usage of type 'System.Net.Http.HttpClient' is not supported within expressions"),
    (
        "context.Nope",
        "Usage of member 'Nope' of type 'Microsoft.Azure.ApiManagement.IProxyRequestContext' is not supported within expressions",
    ),
    ('"a".GetType()', "Usage of member 'GetType' of type 'System.String' is not supported within expressions"),
    ('"a".__class__', "Usage of member '__class__' of type 'System.String' is not supported within expressions"),
    ("@{ if (true == false) { return 1; } }", "Not all code paths return a value"),
    (
        'context.Request.Body.As<JObject>()["a"] == "x"',
        "Operator '==' cannot be applied to operands of type 'Newtonsoft.Json.Linq.JToken' and 'System.String'",
    ),
    ("@{ dynamic d = 1; return d; }", "Usage of type 'dynamic' is not supported within expressions"),
    ("nothing + 1", "The name 'nothing' does not exist in the current context"),
    ("@{ var x = 1; var x = 2; return x; }", "A local variable named 'x' is already defined in this scope"),
    ('@{ int x = "a"; return x; }', "Cannot implicitly convert type 'System.String' to 'System.Int32'"),
    ('(int)"5"', "Cannot convert type 'System.String' to 'System.Int32'"),
    ("@{ break; }", "No enclosing loop out of which to break or continue"),
    (
        '"abc".Substring("x")',
        "No overload of 'System.String.Substring' that is supported within expressions takes arguments (System.String)",
    ),
    ("typeof(string)", "Usage of 'typeof' is not supported within expressions"),
    ("", "the expression is empty"),
    ("@(1 + 2", "the expression is not closed"),
]


@pytest.mark.parametrize(("text", "message"), REFUSALS)
def test_refusal(text: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile(text)
    assert caught.value.message == message
    assert caught.value.problems[0].line >= 1


def test_a_refusal_names_line_and_column() -> None:
    with pytest.raises(ExpressionError) as caught:
        compile("@{\n  var é = 1;\n  return é + nope;\n}")
    assert (caught.value.line, caught.value.column) == (3, 14)


ENDLESS = [
    "@{ while (true) { } }",
    "@{ for (;;) { } }",
    "@{ int i = 0; do { i++; } while (i >= 0 || i < 0); return i; }",
    "@{ try { while (true) { } } catch (Exception) { return 1; } }",
    "Enumerable.Range(0, 2000000).SelectMany(a => Enumerable.Range(0, 1000)).Count(x => x > 0)",
    '@{ var s = "x"; while (true) { s += s; } }',
    "@{ var l = new List<int>(); while (true) { l.AddRange(new int[100000]); } }",
    "new int[2000000000]",
    "new string('x', 2000000000)",
    '"a".PadLeft(2000000000)',
    "@{ int F(int n) { return F(n + 1) + 1; } return F(0); }",
]


@pytest.mark.parametrize("text", ENDLESS)
def test_what_never_ends_is_stopped(text: str) -> None:
    with pytest.raises(DotNetException) as caught:
        run(text)
    assert caught.value.fatal


def test_generated_code_reaches_no_builtins() -> None:
    expression = compile("@{ var open = 1; var __import__ = 2; return open + __import__; }")
    assert "__import__" not in expression.python and evaluate(expression, describe({})) == 3
    assert set(expression.run.__globals__["__builtins__"]) == {"ord", "int", "float", "str", "len"}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("1", "Int32"),
        ("1L", "Int64"),
        ("null", "null"),
        ("1m", "Decimal"),
        ("'c'", "Char"),
        ("new byte[1]", "Byte[]"),
        ("new JObject()", "JObject"),
        ("new Dictionary<string, List<int>>()", "Dictionary<String, List<Int32>>"),
        ("Guid.Empty", "Guid"),
        ('new[] {"a"}', "String[]"),
        ("DayOfWeek.Friday", "DayOfWeek"),
        ("context.Request", "IRequest"),
    ],
)
def test_type_name(text: str, name: str) -> None:
    assert type_name(run(text)) == name


def test_the_response_event_of_the_event_hub_policy() -> None:
    text = """@{
      switch (context.Operation.Id) {
        case "ChatCompletions_Create":
        case "Completions_Create":
          return new JObject(
            new JProperty("event-type", "Response"),
            new JProperty("event-time", DateTime.UtcNow.ToString()),
            new JProperty("message-id", context.Variables["message-id"]),
            new JProperty("choices", context.Response.Body?.As<JObject>(true)["choices"]?.ToString()),
            new JProperty("modeltime", context.Response.Headers.GetValueOrDefault("Openai-Processing-Ms", string.Empty)),
            new JProperty("missing", context.Response.Body?.As<JObject>(true)["missing"]?.ToString()),
            new JProperty("total_tokens", context.Response.Body?.As<JObject>(true)["usage"]["total_tokens"].ToString())
          ).ToString();
        default: return "other";
      }
    }"""
    call = {
        **CALL,
        "Variables": {"message-id": {"Type": "Guid", "Value": "11111111-2222-3333-4444-555555555555"}},
        "Response": {
            "Headers": {"openai-processing-ms": "321.5"},
            "Body": '{"choices":[{"index":0,"text":"Hi.\\nBye."}],"usage":{"total_tokens":17}}',
        },
    }
    assert run(text, call) == (
        '{\n  "event-type": "Response",\n  "event-time": "6/5/2024 3:04:09 PM",\n'
        '  "message-id": "11111111-2222-3333-4444-555555555555",\n'
        '  "choices": "[\\n  {\\n    \\"index\\": 0,\\n    \\"text\\": \\"Hi.\\\\nBye.\\"\\n  }\\n]",\n'
        '  "modeltime": "321.5",\n  "missing": null,\n  "total_tokens": "17"\n}'
    )


def test_a_body_is_consumed_without_preserve_content() -> None:
    context = describe(CALL)
    assert to_text(evaluate(compile('context.Request.Body.As<JObject>()["model"]'), context)) == "gpt-4"
    assert context.exchange.request.body is None
    context.exchange.request.body = b"new"
    assert evaluate(compile("context.Request.Body.As<string>(true)"), context) == "new"


def test_changes_to_a_parsed_body_do_not_show_in_the_next_read() -> None:
    context = describe(CALL)
    changed = compile(
        '@{ var o = context.Request.Body.As<JObject>(true); o["model"] = "other"; o["a"][0] = 9; return o["model"] + ""; }'
    )
    assert evaluate(changed, context) == "other"
    assert (
        evaluate(
            compile('context.Request.Body.As<JObject>(true)["model"] + "" + context.Request.Body.As<JObject>(true)["a"][0]'),
            context,
        )
        == "gpt-41"
    )


def test_the_page_runs() -> None:
    page = Path(__file__).resolve().parents[4] / "docs" / "policies" / "expressions.md"
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    for block in blocks:
        exec(block, {})


def test_nested_lambdas_compile_quickly() -> None:
    text = "1"
    for depth in range(6):
        text = f"new[] {{1}}.Sum(x{depth} => {text})"
    started = time.perf_counter()
    assert run(text) == 1
    assert time.perf_counter() - started < 5

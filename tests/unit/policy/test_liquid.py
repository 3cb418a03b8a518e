"""Liquid templates in the gateway's dialect."""

from __future__ import annotations

import pytest

from gatelog.policy.dotnet.exceptions import DotNetException
from gatelog.policy.dotnet.proxy import Message
from gatelog.policy.liquid import compile_template
from gatelog.record.exchange import Exchange, Request, Response, Url
from gatelog.record.headers import Headers


def render(template: str, body: bytes | None = None, **how: object) -> str:
    url = Url("https", "h", 443, "/p", "a=1")
    exchange = Exchange(
        id="11111111-2222-4333-8444-555555555555", started=0, started_monotonic=0, client_ip="203.0.113.7", original_url=url,
        request=Request("POST", url, Headers([("X-A", "1"), ("X-A", "2")])), service=None,
        response=Response(201, "Created", Headers()), variables={"v": 5, "r": Message(Response(204, "", Headers()))},
    )  # fmt: skip
    return compile_template(template).render(exchange, body, **how)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("template", "body", "expected"),
    [
        ("{{body.a.b}}", b'{"a": {"b": "x"}}', "x"),
        ("{{ body.A.B }}", b'{"a": {"b": "x"}}', "x"),
        ("{{body}}", b"plain", "plain"),
        ("{{body.none}}|", b"{}", "|"),
        ("{{body[0].n | Plus: 2}}", b'[{"n": 3}]', "5"),
        ("{{'a b' | UrlEncode}}{{'x' | Upcase}}{{'Y' | downcase}}", None, "a+bXy"),
        ("{% for i in body.l %}{{i}}{% if forloop.last == false %},{% endif %}{% endfor %}", b'{"l": [1, 2, 3]}', "1,2,3"),
        ("[{% JSONArrayFor i in body.l %}{{i}}{% endJSONArrayFor %}]", b'{"l": [1, 2]}', "[1,2]"),
        ("{{context.Request.Method}} {{context.Request.Url.Path}} {{context.Request.Headers['X-A']}}", None, "POST /p 1,2"),
        ("{{context.Response.StatusCode}} {{context.Variables['v']}} {{context.Variables.r.StatusCode}}", None, "201 5 204"),
        ("{{context.RequestId}}", None, "11111111-2222-4333-8444-555555555555"),
        ("{{body.d}}", b'{"d": "2024-01-02T03:04:05Z"}', "1/2/2024 3:04:05 AM"),
        ("{{body.d | Date: 'dd.MM.yyyy HH:mm:ss'}}", b'{"d": "2024-01-02T15:04:05"}', "02.01.2024 15:04:05"),
        ("{{body.d | date: '%Y/%m'}}", b'{"d": "2024-01-02T15:04:05"}', "2024/01"),
        ("{{body.d | Date: 'h:mm tt'}}", b'{"d": "no date"}', "no date"),
        ("{{body.a.x}}{{body.a.i[1]}}", b"<a x='1'><i>p</i><i>q</i></a>", "1q"),
    ],
)
def test_render(template: str, body: bytes | None, expected: str) -> None:
    assert render(template, body) == expected


def test_dates_and_nil_can_be_left_alone() -> None:
    assert render("{{body.d}}", b'{"d": "2024-01-02T03:04:05Z"}', dates=False) == "2024-01-02T03:04:05Z"
    nil = b'<a xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><b xsi:nil="true"/></a>'
    assert render("{% if body.a.b == nil %}null{% else %}blank{% endif %}", nil, nil="null") == "null"
    assert render("{% if body.a.b == nil %}null{% else %}blank{% endif %}", nil, nil="blank") == "blank"


@pytest.mark.parametrize(
    "template", ["{% if %}", "{{ a | nofilter }}", "{% nonsense %}", "{% for a in b %}", "{% endJSONArrayFor %}"]
)
def test_bad_templates_are_refused(template: str) -> None:
    with pytest.raises(ValueError):
        compile_template(template)


@pytest.mark.parametrize(
    ("template", "body"),
    [
        ("{{body.a}}", b'{"a"'),
        ("{{body.a}}", b"<a>"),
        ("{% for i in (1..1000000) %}{{i}}{% endfor %}", None),
        ("{% for i in (1..20000) %}{% for j in (1..20000) %}{{j}}{% endfor %}{% endfor %}", None),
    ],
)
def test_what_fails_or_grows_without_end_is_an_exception(template: str, body: bytes | None) -> None:
    with pytest.raises(DotNetException):
        render(template, body)

"""The workshop in a browser: sign in, talk, log, ask, import, change a policy, test, find the call; with axe on every page."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from running import Demo

ROOT = Path(__file__).parents[2]
CHROMIUM = Path("/usr/bin/chromium")
AXE = ROOT / "portal" / "node_modules" / "axe-core" / "axe.min.js"
BUILT = ROOT / "src" / "gatelog" / "api" / "static" / "index.html"
HOSTILE = 'Say <img src=x onerror="window.hurt=1"><script>window.hurt=2</script> to me'
LONG = 20_000
"""Milliseconds that a page of a busy machine may take."""

QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync")

pytestmark = [
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs /usr/bin/chromium (apt-get install chromium)"),
    pytest.mark.skipif(not BUILT.exists(), reason="the portal is not built: cd portal && npm ci && npm run build"),
]

DESCRIPTION = {
    "openapi": "3.0.0",
    "info": {"title": "Weather", "version": "1"},
    "servers": [{"url": "https://weather.example.org"}],
    "paths": {
        "/towns/{town}": {
            "get": {
                "operationId": "getTown",
                "summary": "Weather of a town",
                "parameters": [{"name": "town", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": {"200": {"description": "The weather."}},
            }
        }
    },
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(QUIET))
        yield found
        found.close()


class Visit:
    """A signed-in page that notes what it asks for and what goes wrong."""

    def __init__(self, browser: Browser, demo: Demo, **options: Any) -> None:
        self.demo = demo
        self.page: Page = browser.new_page(**options)
        self.page.set_default_timeout(LONG)
        self.hosts: set[str] = set()
        self.errors: list[str] = []
        self.page.on("request", lambda request: self._note(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(f"{demo.portal}#signin={demo.admin_key}")
        expect(self.page.get_by_role("navigation", name="Pages")).to_be_visible(timeout=LONG)

    def _note(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss"):
            self.hosts.add(parts.netloc)

    def open(self, place: str) -> Page:
        """Go to a place of the portal."""
        self.page.evaluate("place => { window.location.hash = place }", place)
        return self.page

    def check_access(self) -> None:
        """No serious finding of axe on the page as it stands."""
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        # the list of suggestions is Monaco's own, and names a row that it no longer draws once it is closed
        found = self.page.evaluate(
            "async () => (await axe.run({exclude: ['.suggest-widget']}, {resultTypes: ['violations']})).violations"
        )
        serious = [
            (finding["id"], [node["html"][:160] for node in finding["nodes"]][:3])
            for finding in found
            if finding["impact"] in ("serious", "critical")
        ]
        assert serious == []


@pytest.fixture(scope="module")
def visit(browser: Browser, demo: Demo) -> Iterator[Visit]:
    """One person's visit, in which the tests of this file happen in their order."""
    found = Visit(browser, demo, viewport={"width": 1280, "height": 860})
    yield found
    found.page.close()
    assert found.errors == []
    assert found.hosts == {urlsplit(demo.portal).netloc}


def test_sign_in_link_leaves_no_key_behind(visit: Visit) -> None:
    expect(visit.page.get_by_role("heading", name="HTTP Requests")).to_be_visible(timeout=LONG)
    assert visit.demo.admin_key not in visit.page.url
    visit.check_access()


def test_first_page_is_quick(visit: Visit) -> None:
    visit.page.reload()
    expect(visit.page.get_by_role("navigation", name="Pages")).to_be_visible()
    loaded = visit.page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    files = visit.page.evaluate("performance.getEntriesByType('resource').map(entry => entry.name)")
    assert loaded < 1500
    assert not [name for name in files if "kusto" in name.lower() or "Editor" in name]


def test_playground_streams_an_answer_through_the_gateway(visit: Visit) -> None:
    page = visit.open("#/playground")
    page.get_by_label("Deployment").select_option("gpt-4o")
    page.get_by_label("Message", exact=True).fill(HOSTILE)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text(re.compile(r"\d+ \+ \d+ tokens · first text \d+ ms"))).to_be_visible(timeout=LONG)
    page.get_by_text("View code").click()
    expect(page.get_by_role("region", name="The call in Python")).to_contain_text("AzureOpenAI(")
    visit.check_access()
    page.get_by_role("link", name="Open the call").click()
    conversation = page.get_by_role("region", name="Conversation")
    expect(conversation).to_contain_text(HOSTILE, timeout=LONG)
    assert page.evaluate("window.hurt") is None
    visit.check_access()
    page.get_by_role("link", name="Open in playground").click()
    expect(page.get_by_label("Message", exact=True)).to_have_value(HOSTILE)


def test_playground_keeps_what_was_typed_when_the_api_fails(visit: Visit) -> None:
    page = visit.open("#/playground")
    page.get_by_label("Message", exact=True).fill("keep me")
    page.route("**/api/playground", lambda route: route.abort())
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("main").get_by_role("alert")).to_contain_text("does not answer")
    expect(page.get_by_label("Message", exact=True)).to_have_value("keep me")
    page.unroute("**/api/playground")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("link", name="Open the call").last).to_be_visible(timeout=LONG)


def test_completions_mode(visit: Visit) -> None:
    page = visit.open("#/playground?completions")
    page.get_by_role("button", name="Completions").click()
    page.get_by_label("Deployment").select_option("gpt-35-turbo-instruct")
    page.get_by_label("Prompt", exact=True).fill("Once upon a time")
    page.get_by_role("button", name="Clear chat").click()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text(re.compile(r"\d+ \+ \d+ tokens"))).to_be_visible(timeout=LONG)


def test_diagnostic_setting_with_the_fields_of_the_workshop(visit: Visit) -> None:
    page = visit.open("#/resources/diagnosticSettings")
    page.get_by_role("button", name="Add diagnostic setting").click()
    form = page.get_by_role("form", name="New diagnostic setting")
    form.get_by_label("Diagnostic setting name").fill("workshop")
    for name in ("allLogs", "audit", "AllMetrics"):
        form.get_by_label(name, exact=True).check()
    form.get_by_label("Send to Log Analytics workspace").select_option(label="gatelog")
    visit.check_access()
    form.get_by_role("button", name="Save setting").click()
    expect(page.get_by_role("form", name="Diagnostic setting workshop")).to_be_visible(timeout=LONG)
    service = visit.demo.management("GET", "/subscriptions?api-version=2024-05-01").json()["value"][0]["id"]
    path = f"{service}/resourceGroups/gatelog/providers/Microsoft.ApiManagement/service/gatelog"
    answer = visit.demo.management(
        "GET", f"{path}/providers/Microsoft.Insights/diagnosticSettings/workshop?api-version=2021-05-01-preview"
    )
    properties = answer.json()["properties"]
    assert {log["categoryGroup"] for log in properties["logs"] if log["enabled"]} == {"allLogs", "audit"}
    assert properties["metrics"][0]["category"] == "AllMetrics"


def test_kql_with_completion_and_a_chart(visit: Visit) -> None:
    page = visit.open("#/logs")
    editor = page.get_by_test_id("kql-editor")
    expect(editor.locator(".Table").first).to_be_visible(timeout=LONG)
    editor.locator(".view-lines").click()
    page.keyboard.press("Control+A")
    page.keyboard.type("GatelogCalls | where Respo", delay=5)
    expect(page.locator(".suggest-widget .monaco-list-row").first).to_contain_text("Respo", timeout=LONG)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+A")
    page.keyboard.insert_text("GatelogCalls | summarize Calls = count() by bin(TimeGenerated, 1m), ModelName | render timechart")
    page.keyboard.press("Shift+Enter")
    expect(page.get_by_role("img", name=re.compile("timechart of [1-9]"))).to_be_visible(timeout=LONG)
    visit.check_access()
    page.get_by_label("Show as").select_option("rows")
    page.get_by_role("button", name="Open row 1", exact=True).click()
    expect(page.get_by_role("complementary", name="One row")).to_contain_text("TimeGenerated")
    visit.check_access()


def test_wrong_kql_says_what_is_wrong_and_keeps_the_query(visit: Visit) -> None:
    page = visit.open("#/logs?query=GatelogCalls%20%7C%20where%20NoSuchColumn%20%3D%3D%201")
    expect(page.get_by_role("main").get_by_role("alert")).to_contain_text("NoSuchColumn", timeout=LONG)
    expect(page.get_by_test_id("kql-editor")).to_contain_text("NoSuchColumn")


def test_import_policy_test_and_find_the_call(visit: Visit) -> None:
    page = visit.open("#/apis/-import")
    page.get_by_label("Description paste JSON or YAML, or a link to it").fill(json.dumps(DESCRIPTION))
    page.get_by_label("Name", exact=True).fill("Weather")
    page.get_by_label("Path what calls start with").fill("weather")
    visit.check_access()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("region", name="Operations")).to_contain_text("getTown", timeout=LONG)
    visit.check_access()

    visit.open("#/apis/weather/policy")
    box = page.locator(".editor-box .monaco-editor").first
    expect(box).to_be_visible(timeout=LONG)
    _type_policy(page, "<set-heder />")
    page.get_by_role("button", name="Save policy").click()
    expect(page.get_by_role("main").get_by_role("alert")).to_contain_text("line 2, column")
    expect(box).to_contain_text("set-heder")
    _type_policy(page, '<mock-response status-code="200" content-type="application/json" />')
    page.get_by_role("button", name="Save policy").click()
    expect(page.get_by_text("Saved. Calls from now on meet it.")).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Effective policy").click()
    expect(page.locator(".editor-box")).to_contain_text("mock-response")
    visit.check_access()

    visit.open("#/apis/weather/test")
    page.get_by_role("textbox", name="town").fill("Oslo")
    page.get_by_label("Subscription whose key is sent").select_option("master")
    page.get_by_role("button", name="Send").click()
    answer = page.get_by_role("region", name="Answer")
    expect(answer.get_by_role("heading")).to_contain_text("200", timeout=LONG)
    expect(answer.get_by_role("region", name="Trace")).to_contain_text("mock-response")
    visit.check_access()
    link = answer.get_by_role("link", name="Open the call").get_attribute("href")
    assert link is not None

    visit.open("#/calls")
    correlation = link.rpartition("/")[2]
    expect(page.get_by_role("gridcell", name=correlation)).to_be_attached(timeout=LONG)
    visit.check_access()
    visit.open(link)
    expect(page.get_by_role("heading", name="200 getTown")).to_be_visible(timeout=LONG)


def _type_policy(page: Page, statement: str) -> None:
    page.locator(".editor-box .view-lines").first.click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(
        f"<policies>\n<inbound><base />{statement}</inbound>\n<backend><base /></backend>\n"
        "<outbound><base /></outbound>\n<on-error><base /></on-error>\n</policies>"
    )


def test_keys_are_shown_when_asked_for(visit: Visit) -> None:
    page = visit.open("#/resources/subscriptions/aoai-test")
    keys = page.get_by_role("region", name="Keys")
    expect(keys).to_be_visible(timeout=LONG)
    assert visit.demo.subscription_key not in page.content()
    keys.get_by_role("button", name="Show").click()
    expect(keys).to_contain_text(visit.demo.subscription_key)
    visit.check_access()


def test_a_form_changes_what_was_changed_and_keeps_secrets(visit: Visit) -> None:
    page = visit.open("#/resources/namedValues/-new")
    page.get_by_label("Resource name").fill("hidden")
    page.get_by_label("Name in policies").fill("hidden")
    page.get_by_label("Value a secret one is not shown").fill("s3cret")
    page.get_by_label("Secret", exact=True).check()
    page.get_by_role("button", name="Create").click()
    one = page.get_by_role("region", name="hidden")
    expect(one).to_be_visible(timeout=LONG)
    one.get_by_label("Tags").fill("a, b")
    one.get_by_role("button", name="Save").click()
    expect(one.get_by_text("Saved", exact=True)).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Show value").click()
    expect(page.get_by_role("region", name="Value")).to_contain_text("s3cret")
    one.get_by_label("Name in policies").fill("not a name!")
    one.get_by_role("button", name="Save").click()
    expect(page.get_by_role("main").get_by_role("alert")).to_contain_text("displayName", timeout=LONG)
    expect(one.get_by_label("Name in policies")).to_have_value("not a name!")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_on_a_phone(browser: Browser, demo: Demo, scheme: str) -> None:
    visit = Visit(browser, demo, viewport={"width": 390, "height": 800}, color_scheme=scheme)
    pages = {
        "#/overview": "Requests by model",
        "#/calls": "Deployment",
        "#/playground": "System message",
        "#/apis/azure-openai/operations": "ChatCompletions_Create",
        "#/resources/namedValues/openai-endpoint": "Show value",
    }
    for place, text in pages.items():
        page = visit.open(place)
        expect(page.get_by_role("main").get_by_text(text).first).to_be_visible(timeout=LONG)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, place
        visit.check_access()
    visit.page.close()
    assert visit.errors == []


def test_usage_role_sees_no_bodies_and_no_pages_for_them(browser: Browser, demo: Demo) -> None:
    made = httpx.post(
        f"{demo.api}/api/tokens",
        json={"name": "usage", "role": "Monitoring Reader"},
        headers={"Authorization": f"Bearer {demo.admin_key}"},
        timeout=30,
    )
    assert made.status_code in (200, 201), made.text
    page = browser.new_page()
    page.goto(f"{demo.portal}#signin={made.json()['token']}")
    menu = page.get_by_role("navigation", name="Pages")
    expect(menu.get_by_role("link", name="Overview")).to_be_visible(timeout=LONG)
    assert menu.get_by_role("link").all_inner_texts() == ["Overview", "Logs"]
    page.close()


@pytest.mark.skipif(not shutil.which("node"), reason="needs node")
def test_lock_file_names_no_address() -> None:
    assert '"resolved"' not in (ROOT / "portal" / "package-lock.json").read_text(encoding="utf-8")

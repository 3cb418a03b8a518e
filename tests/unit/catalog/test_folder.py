# ruff: noqa: E501 - one case on one line
"""The configuration folder: read, refused with path and line, applied, exported, read back."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import jsonschema
import pytest
import yaml

from gatelog.catalog.control import Control
from gatelog.catalog.folder import FolderWatch, apply_folder, check_folder, diff_folder, read_folder, write_folder
from gatelog.catalog.folder.editor import editor_schema
from gatelog.catalog.initial import fill_empty_store
from gatelog.catalog.preparing import Makings
from gatelog.catalog.store import open_store
from gatelog.catalog.vault import Vault
from gatelog.clock import FixedClock
from gatelog.errors import InvalidDocument

MAKINGS = Makings(now=1_700_000_000, make_key=lambda: uuid4().hex, make_guid=lambda: str(uuid4()))

POLICY = "<policies>\n  <inbound>\n    <base />\n  </inbound>\n</policies>\n"

FILES = {
    "service.yaml": "id: /subscriptions/s/resourceGroups/g/providers/Microsoft.ApiManagement/service/contoso\nlocation: westeurope\n"
    "customProperties: { gatelog.error-format: openai }\n",
    "policy.xml": POLICY,
    "named-values.yaml": "region: west\nkey:\n  value: s3cret\n  secret: true\n",
    "apis/openai/api.yaml": "displayName: OpenAI\npath: openai\nsubscriptionKeyParameterNames: { header: api-key, query: api-key }\n"
    "openapi: builtin:azure-openai-2023-05-15\ntags: [llm]\n",
    "apis/openai/policy.xml": POLICY,
    "apis/openai/operations/ChatCompletions_Create/policy.xml": POLICY,
    "apis/openai/diagnostic.yaml": "loggerId: /loggers/azuremonitor\nfrontend: { request: { body: { bytes: 8192 } } }\n",
    "apis/echo/api.yaml": "displayName: Echo\npath: echo\nserviceUrl: http://127.0.0.1:9/\nsubscriptionRequired: false\n",
    "apis/echo/operations/get/operation.yaml": "displayName: Get\nmethod: GET\nurlTemplate: /\n",
    "products/gold/product.yaml": "displayName: Gold\nstate: published\napis: [openai]\ngroups: [writers]\n",
    "products/gold/policy.xml": POLICY,
    "subscriptions/team.yaml": "displayName: Team\nscope: /products/gold\nownerId: /users/ada\n",
    "backends/east.yaml": "url: https://{{region}}.openai.azure.com/openai\ncredentials: { header: { api-key: ['{{key}}'] } }\n",
    "backends/pool.yaml": "type: Pool\npool: { services: [{ id: /backends/east, priority: 1 }] }\n",
    "fragments/mark.xml": "<fragment>\n  <set-variable name='a' value='b' />\n</fragment>\n",
    "loggers/hub.yaml": "loggerType: azureEventHub\ncredentials: { name: hub, connectionString: '{{key}}' }\n",
    "users/ada.yaml": "email: ada@contoso.com\nfirstName: Ada\nlastName: L\n",
    "groups/writers.yaml": "displayName: Writers\nusers: [ada]\n",
    "tags/llm.yaml": "displayName: LLM\n",
    "accounts/oai.yaml": "location: eastus\nendpoint: https://oai.openai.azure.com/\ndeployments:\n  chat: gpt-4o\n"
    "  small: { model: { name: gpt-4o-mini, version: '1' }, sku: { name: Standard, capacity: 10 } }\n",
    "diagnostic-settings/all.yaml": "resource: ~/apis/openai\nlogs: [{ categoryGroup: allLogs, enabled: true }]\n",
    "role-assignments/00000000-0000-0000-0000-00000000000a.yaml": "resource: '~'\nroleDefinitionId: Reader\nprincipalId: someone\n",
    "README.md": "notes are left alone\n",
}


def folder(tmp_path: Path, **changed: str | None) -> Path:
    """A good folder with some files replaced (or left out)."""
    root = tmp_path / "config"
    for name, text in {**FILES, **{key.replace("__", "/"): text for key, text in changed.items()}}.items():
        if text is None:
            continue
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def control(path: Path, name: str = "catalog") -> Control:
    store = open_store(path / f"{name}.sqlite", Vault([b"k" * 32]))
    made = Control(store, FixedClock())
    fill_empty_store(store, made.makings())
    return made


def test_a_folder_becomes_the_catalog(tmp_path: Path) -> None:
    root = folder(tmp_path)
    assert check_folder(root, MAKINGS) == len(read_folder(root))
    made = control(tmp_path)
    apply_folder(made, root)
    catalog = made.snapshot().catalog
    assert catalog.service.id == "contoso" and catalog.service.region == "westeurope"
    assert catalog.settings == {"error-format": "openai"}
    openai, east, team = catalog.api("openai"), catalog.backend("east"), catalog.subscription("team")
    assert openai is not None and east is not None and team is not None
    assert {operation.id for operation in openai.operations} == {
        "ChatCompletions_Create",
        "Completions_Create",
        "embeddings_create",
    }
    assert openai.key_header == "api-key" and openai.service_url == "https://your-resource-name.openai.azure.com/openai"
    assert east.url == "https://west.openai.azure.com/openai" and east.headers == (("api-key", "s3cret"),)
    assert catalog.diagnostic("openai").frontend_request.body_bytes == 8192
    assert [product.id for product in catalog.products_of("openai")] == ["gold"]
    assert catalog.products_of("openai")[0].groups == ("writers",)
    assert len(team.primary_key) == 32 and team.owner_id == "ada"
    account = catalog.account_of("https://oai.openai.azure.com/")
    assert account is not None and [d.name for d in account.deployments] == ["chat", "small"]
    assert catalog.configuration.diagnostic_settings[0].log_categories
    assert catalog.configuration.role_assignments[0].scope == catalog.service.resource_id


def test_a_second_apply_changes_nothing_and_keeps_keys(tmp_path: Path) -> None:
    root, made = folder(tmp_path), control(tmp_path)
    apply_folder(made, root)
    before = made.snapshot()
    assert diff_folder(made, root) == [] and apply_folder(made, root) == []
    assert made.snapshot().version == before.version


def test_a_folder_deletes_only_what_it_wrote(tmp_path: Path) -> None:
    root, made = folder(tmp_path), control(tmp_path)
    apply_folder(made, root)
    (root / "apis/echo/operations/get/operation.yaml").unlink()
    (root / "tags/llm.yaml").unlink()
    (root / "apis/openai/api.yaml").write_text(FILES["apis/openai/api.yaml"].replace("tags: [llm]\n", "description: new\n"))
    found = {(difference.what, difference.id): difference.lines for difference in diff_folder(made, root)}
    assert found == {
        ("delete", "~/apis/echo/operations/get"): (),
        ("delete", "~/apis/openai/tags/llm"): (),
        ("delete", "~/tags/llm"): (),
        ("change", "~/apis/openai"): found["change", "~/apis/openai"],
    }
    assert found["change", "~/apis/openai"][0].endswith("-> 'new'")
    apply_folder(made, root)
    resources = made.snapshot().resources
    assert "~/tags/llm" not in resources and "~/subscriptions/master" in resources and "~/loggers/azuremonitor" in resources
    apply_folder(made, root, prune=True)
    assert "~/loggers/azuremonitor" not in made.snapshot().resources and "~/subscriptions/master" in made.snapshot().resources


def problems(root: Path) -> list[str]:
    with pytest.raises(InvalidDocument) as error:
        check_folder(root, MAKINGS)
    return [str(problem) for problem in error.value.problems]


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("backends/east.yaml", "url: https://x\ntimeOut: 3\n", "config/backends/east.yaml:2:1: $.timeOut: unknown property"),
        (
            "backends/east.yaml",
            "url: https://x\ntls:\n  validateCertificateName: 1\n",
            "config/backends/east.yaml:3:3: $.tls.validate",
        ),
        ("backends/pool.yaml", "type: Pool\npool:\n  services:\n    - id: /backends/none\n", "config/backends/pool.yaml"),
        (
            "products/gold/product.yaml",
            "displayName: Gold\nstate: open\n",
            "config/products/gold/product.yaml:2:1: $.state: expected one of",
        ),
        (
            "products/gold/product.yaml",
            "state: published\n",
            "config/products/gold/product.yaml:1:1: $.displayName: 'displayName' is required",
        ),
        (
            "products/gold/product.yaml",
            "displayName: Gold\napis: openai\n",
            "config/products/gold/product.yaml:2:1: $.apis: expected a list",
        ),
        ("named-values.yaml", "a: 1\nb: { value: x, secret: maybe }\n", "config/named-values.yaml:2:1"),
        ("named-values.yaml", "a: 1\na: 2\n", "config/named-values.yaml:2:1: $.a stands twice"),
        ("apis/openai/api.yaml", "displayName: [\n", "config/apis/openai/api.yaml:2:1: not YAML"),
        ("apis/openai/api.yaml", "path: openai\nopenapi: builtin:nothing\n", "builtin:nothing"),
        ("apis/openai/openapi.json", '{"openapi": "3.0.0",\n "info": }', "config/apis/openai/openapi.json:2:"),
        (
            "apis/openai/policy.xml",
            "<policies>\n  <inbound>\n    <no-such />\n  </inbound>\n</policies>",
            "config/apis/openai/policy.xml:3:",
        ),
        ("apis/openai/polcy.xml", POLICY, "config/apis/openai/polcy.xml: unknown file"),
        (
            "apis/openai/operations/None/policy.xml",
            POLICY,
            "config/apis/openai/operations/None/policy.xml: '/apis/openai/operations/None'",
        ),
        ("fragments/mark.xml", "<fragment>\n  <nothing />\n</fragment>", "config/fragments/mark.xml:2:"),
        ("tags/llm.yaml", "[" * 200_000, "config/tags/llm.yaml:1:101: not YAML: nested more than 100 levels"),
        ("tags/llm.yaml", "1: x\ndisplayName: L\n", "config/tags/llm.yaml:1:1: $.1: unknown property '1'"),
        ("tags/llm.yaml", "? [a]\n: b\n", "config/tags/llm.yaml:1:3: not YAML"),
        ("tags/llm.yaml", "displayName: !!binary aGk=\n", "config/tags/llm.yaml:1:1: not YAML: values of YAML type bytes"),
        ("product/x.yaml", "a: 1", "config/product: unknown folder"),
        ("settings.yaml", "a: 1", "config/settings.yaml: unknown file"),
        (
            "diagnostic-settings/all.yaml",
            "logs: []\n",
            "config/diagnostic-settings/all.yaml:1:1: $.resource: expected `resource`",
        ),
        (
            "accounts/oai.yaml",
            "id: /subscriptions/s/resourceGroups/g/providers/Other/x/y\n",
            "config/accounts/oai.yaml:1:1: $.id",
        ),
        ("subscriptions/team.yaml", "displayName: T\nscope: everything\n", "expected /products/ID"),
        (
            "loggers/hub.yaml",
            "loggerType: azureEventHub\ncredentials: { name: '{{none}}' }\n",
            "named value 'none' does not exist",
        ),
    ],
)
def test_a_bad_file_is_named_with_its_line(tmp_path: Path, file: str, text: str, expected: str) -> None:
    root = folder(tmp_path, **{file: text})
    assert any(problem.startswith(expected) or expected in problem for problem in problems(root)), problems(root)
    made = control(tmp_path)
    before = made.snapshot().version
    with pytest.raises(InvalidDocument):
        apply_folder(made, root)
    assert made.snapshot().version == before, "nothing was changed"


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    root = folder(tmp_path)
    (root / "policy.xml").write_bytes(b"<policies>\xff</policies>")
    assert any(problem.startswith("config/policy.xml: not UTF-8 (byte 10)") for problem in problems(root))


def test_all_files_are_checked_before_anything_is_said(tmp_path: Path) -> None:
    root = folder(tmp_path, **{"backends/east.yaml": "url: 1\n", "tags/llm.yaml": "{}\n", "policy.xml": "<policies>"})
    places = {problem.split(":")[0] for problem in problems(root)}
    assert {"config/backends/east.yaml", "config/tags/llm.yaml"} <= places


def test_references_to_the_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key.txt").write_text("from-a-file\n")
    values = f"a: {{ keyVault: {{ secretIdentifier: 'env:GATELOG_TEST_KEY' }} }}\nb: {{ keyVault: {{ secretIdentifier: 'file:{tmp_path}/key.txt' }} }}\n"
    root = folder(tmp_path, **{"named-values.yaml": FILES["named-values.yaml"] + values})
    assert any("GATELOG_TEST_KEY" in problem for problem in problems(root))
    assert check_folder(root, MAKINGS, resolve_values=False) > 20
    monkeypatch.setenv("GATELOG_TEST_KEY", "from-the-environment")
    made = control(tmp_path)
    apply_folder(made, root)
    values_now = {named.name: named.value for named in made.snapshot().catalog.configuration.named_values}
    assert values_now["a"] == "from-the-environment" and values_now["b"] == "from-a-file"
    assert b"from-the-environment" not in (tmp_path / "catalog.sqlite").read_bytes(), "only the reference is stored"


@pytest.mark.parametrize("secrets", [True, False])
def test_an_export_is_the_same_catalog(tmp_path: Path, secrets: bool) -> None:
    first = control(tmp_path)
    apply_folder(first, folder(tmp_path))
    snapshot = first.snapshot()
    write_folder(tmp_path / "out", snapshot.resources.values(), snapshot.service_id, secrets=secrets)
    texts = "".join(path.read_text() for path in (tmp_path / "out").rglob("*") if path.is_file())
    team = snapshot.catalog.subscription("team")
    assert team is not None
    assert (team.primary_key in texts) is secrets and ("s3cret" in texts) is secrets
    second = control(tmp_path, "second") if secrets else first
    apply_folder(second, tmp_path / "out")
    before, after = (
        {key: (dict(r.properties), {k: v for k, v in r.envelope.items() if k != "origin"}) for key, r in made.resources.items()}
        for made in (snapshot, second.snapshot())
    )
    assert after == before


def test_the_watch_applies_what_changes(tmp_path: Path) -> None:
    root, made = folder(tmp_path), control(tmp_path)
    watch = FolderWatch(made, root)
    assert len(watch.poll()) > 20 and watch.poll() == []
    (root / "tags/more.yaml").write_text("displayName: More\n")
    assert [difference.id for difference in watch.poll()] == ["~/tags/more"]
    (root / "tags/more.yaml").write_text("displayName: [broken\n")
    with pytest.raises(InvalidDocument):
        watch.poll()
    assert watch.poll() == [], "a bad state is reported once"
    assert "~/tags/more" in made.snapshot().resources
    (root / "tags/more.yaml").unlink()
    assert [(d.what, d.id) for d in watch.poll()] == [("delete", "~/tags/more")]


def test_the_editor_schema_takes_the_files(tmp_path: Path) -> None:
    schema = editor_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    parts = {
        "apis/openai/api.yaml": "api", "products/gold/product.yaml": "product", "backends/east.yaml": "backend",
        "subscriptions/team.yaml": "subscription", "accounts/oai.yaml": "account", "service.yaml": "service",
        "named-values.yaml": "named-values", "diagnostic-settings/all.yaml": "diagnostic-setting", "loggers/hub.yaml": "logger",
        "apis/echo/operations/get/operation.yaml": "operation", "apis/openai/diagnostic.yaml": "diagnostic",
    }  # fmt: skip
    for file, part in parts.items():
        jsonschema.validate(yaml.safe_load(FILES[file]), {**schema, "$ref": f"#/$defs/{part}"})
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"url": "x", "timeOut": 1}, {**schema, "$ref": "#/$defs/backend"})

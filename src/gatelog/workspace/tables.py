"""Destinations: which logs of which resource go into the workspace, by the diagnostic settings."""

from __future__ import annotations

from collections.abc import Iterable

from gatelog.catalog.entities import Account, Configuration, DiagnosticSetting
from gatelog.llm.prices import PriceList
from gatelog.workspace.rows.call import Origin

GATEWAY_LOGS, LLM_LOGS = "GatewayLogs", "GatewayLlmLogs"
REQUEST_RESPONSE, AUDIT = "RequestResponse", "Audit"
_AUDIT_GROUP = frozenset({AUDIT})
"""Categories that the group `audit` stands for; `allLogs` stands for all."""


class Destinations:
    """What one configuration says about logs. A configuration without any diagnostic setting keeps everything."""

    def __init__(self, configuration: Configuration, prices: PriceList | None = None) -> None:
        service = configuration.service
        workspace = configuration.workspaces[0].customer_id if configuration.workspaces else service.tenant_id
        self.service_id = service.resource_id
        self.prices = prices or PriceList(())
        self.origin = Origin(workspace, service.region)
        self._keep_all = not configuration.diagnostic_settings
        self._categories = _categories(configuration.diagnostic_settings)
        self._accounts = {account.resource_id.lower(): account for account in configuration.accounts}
        self._accounts |= {account.id.lower(): account for account in configuration.accounts}

    def wants(self, resource_id: str, category: str) -> bool:
        """Whether a category of a resource's logs is stored here."""
        if self._keep_all:
            return True
        chosen = self._categories.get(resource_id.lower(), frozenset())
        return category in chosen or "allLogs" in chosen or ("audit" in chosen and category in _AUDIT_GROUP)

    def account(self, account_id: str) -> Account | None:
        """The Azure OpenAI account of that id."""
        return self._accounts.get(account_id.lower())

    def account_within(self, resource_id: str) -> Account | None:
        """The account that a management write was about."""
        lowered = resource_id.lower()
        return next(
            (account for known, account in self._accounts.items() if lowered.startswith(known + "/") or lowered == known), None
        )


def _categories(settings: Iterable[DiagnosticSetting]) -> dict[str, frozenset[str]]:
    chosen: dict[str, frozenset[str]] = {}
    for setting in settings:
        if setting.workspace_id:
            key = setting.resource_id.lower()
            chosen[key] = chosen.get(key, frozenset()) | setting.log_categories
    return chosen

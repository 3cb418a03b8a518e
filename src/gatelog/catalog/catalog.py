"""All that is configured, of one version: indexed for the gateway, with one compiled pipeline for each way in.

A catalog never changes. A change of the configuration builds a whole new one; a call keeps the one that it started with.
Every policy document is compiled when the catalog is built, so that a bad one is refused before any call meets it; pipelines
of further combinations of product, API and operation are made when the first call needs them.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TypeVar

from gatelog.catalog.entities import (
    Account,
    Api,
    Backend,
    Configuration,
    Diagnostic,
    Logger,
    Product,
    Service,
    Subscription,
    User,
)
from gatelog.catalog.pipelines import Pipelines
from gatelog.errors import InvalidDocument, Problem
from gatelog.policy.compile import Pipeline

_Entity = TypeVar("_Entity", Api, Product, Subscription, User, Backend, Logger)


class Catalog:
    """An immutable, indexed configuration. Made by `build`."""

    def __init__(self, configuration: Configuration, pipelines: Pipelines, version: str = "") -> None:
        self.configuration = configuration
        self.version = version
        """Version of the store that it was built from."""
        self.service: Service = configuration.service
        self.apis: tuple[Api, ...] = configuration.apis
        """Every revision."""
        self.routes: tuple[Api, ...] = tuple(sorted(configuration.apis, key=_specificity))
        """APIs in the order in which a path is tried: longest first; other revisions after the current one."""
        self.settings: Mapping[str, str] = configuration.settings
        self.pipelines = pipelines
        self._apis = _by_id(configuration.apis)
        self._products = _by_id(configuration.products)
        self._subscriptions = _by_id(configuration.subscriptions)
        self._users = _by_id(configuration.users)
        self._backends = _by_id(configuration.backends)
        self._loggers = _by_id(configuration.loggers)
        self._keys = _by_key(configuration.subscriptions)
        self._products_of = _products_of(configuration)
        self._diagnostics = {name.lower(): value for name, value in configuration.api_diagnostics.items()}
        self._certificates = {name.lower(): pem for name, pem in configuration.certificates.items()}
        self._accounts = tuple(sorted(configuration.accounts, key=lambda account: -len(account.endpoint)))

    def api(self, api_id: str) -> Api | None:
        """The API (or revision: `openai;rev=2`) of that id."""
        return self._apis.get(api_id.lower())

    def product(self, product_id: str) -> Product | None:
        """The product of that id."""
        return self._products.get(product_id.lower())

    def products_of(self, api_id: str) -> tuple[Product, ...]:
        """The published products with the API, open ones first."""
        return self._products_of.get(api_id.lower().partition(";rev=")[0], ())

    def subscription(self, subscription_id: str) -> Subscription | None:
        """The subscription of that id."""
        return self._subscriptions.get(subscription_id.lower())

    def subscription_by_key(self, key: str) -> Subscription | None:
        """The subscription that has this key as its primary or secondary one, whatever its state.

        Keys are looked up by their SHA-256, so the time of the look-up tells nothing about a key.
        """
        return self._keys.get(_digest(key))

    def user(self, user_id: str) -> User | None:
        """The user of that id."""
        return self._users.get(user_id.lower())

    def backend(self, backend_id: str) -> Backend | None:
        """The backend of that id."""
        return self._backends.get(backend_id.lower())

    def logger(self, logger_id: str) -> Logger | None:
        """The logger of that id."""
        return self._loggers.get(logger_id.lower())

    def certificate(self, certificate_id: str) -> str | None:
        """PEM of a certificate with its key."""
        return self._certificates.get(certificate_id.lower())

    def diagnostic(self, api_id: str) -> Diagnostic:
        """What is recorded of an API's calls: its own diagnostic, else the service's."""
        return self._diagnostics.get(api_id.lower().partition(";rev=")[0], self.configuration.service_diagnostic)

    def account_of(self, url: str) -> Account | None:
        """The Azure OpenAI account whose endpoint the URL starts with."""
        lowered = url.lower()
        return next((account for account in self._accounts if _starts(lowered, account.endpoint.lower())), None)

    def pipeline(self, product_id: str | None, api_id: str, operation_id: str) -> Pipeline:
        """The compiled pipeline of a way in; an empty operation id is a call that no operation matched."""
        return self.pipelines.of(product_id, api_id, operation_id)

    @property
    def service_pipeline(self) -> Pipeline:
        """The pipeline of a call that no API matched: the service's policy alone."""
        return self.pipelines.of(None, "", "")


def build(configuration: Configuration, version: str = "", previous: Catalog | None = None) -> Catalog:
    """A catalog; pipelines whose documents did not change are taken over from `previous`.

    Raises `InvalidDocument` with every problem of every policy document: path, line, column.
    """
    pipelines = Pipelines(configuration, previous.pipelines if previous else None)
    problems = [*_reference_problems(configuration), *pipelines.problems()]
    if problems:
        raise InvalidDocument(problems)
    return Catalog(configuration, pipelines, version)


def _by_id(entities: Iterable[_Entity]) -> dict[str, _Entity]:
    return {entity.id.lower(): entity for entity in entities}


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def _by_key(subscriptions: Iterable[Subscription]) -> dict[bytes, Subscription]:
    keys: dict[bytes, Subscription] = {}
    for subscription in subscriptions:
        for key in (subscription.primary_key, subscription.secondary_key):
            if key:
                keys[_digest(key)] = subscription
    return keys


def _products_of(configuration: Configuration) -> dict[str, tuple[Product, ...]]:
    found: dict[str, list[Product]] = defaultdict(list)
    for product in configuration.products:
        for api_id in product.api_ids if product.published else ():
            found[api_id.lower()].append(product)
    return {
        api_id: tuple(sorted(products, key=lambda product: (product.subscription_required, product.id)))
        for api_id, products in found.items()
    }


def _specificity(api: Api) -> tuple[int, int, str]:
    """Longest path first, the current revision before the others."""
    segments = api.path.split("/") if api.path else []
    return (-len(segments), 0 if api.is_current else 1, api.path.lower())


def _starts(url: str, endpoint: str) -> bool:
    stem = endpoint.rstrip("/")
    return bool(stem) and (url == stem or url.startswith((f"{stem}/", f"{stem}?")))


def _reference_problems(configuration: Configuration) -> list[Problem]:
    """References between entities, for configurations that were not assembled from checked resources."""
    backends = {backend.id.lower() for backend in configuration.backends}
    apis = {api.id.lower() for api in configuration.apis}
    problems = [
        Problem(
            f"pool {backend.id!r} refers to backend {member.backend_id!r}, which does not exist", place=f"backends/{backend.id}"
        )
        for backend in configuration.backends
        for member in backend.pool
        if member.backend_id.lower() not in backends
    ]
    pools = {backend.id.lower() for backend in configuration.backends if backend.pool}
    problems += [
        Problem(f"pool {backend.id!r} has pool {member.backend_id!r} as a member", place=f"backends/{backend.id}")
        for backend in configuration.backends
        for member in backend.pool
        if member.backend_id.lower() in pools
    ]
    problems += [
        Problem(f"product {product.id!r} refers to API {api_id!r}, which does not exist", place=f"products/{product.id}")
        for product in configuration.products
        for api_id in sorted(product.api_ids)
        if api_id.lower() not in apis
    ]
    return problems

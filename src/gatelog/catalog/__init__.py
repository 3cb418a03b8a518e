"""What is configured, as an immutable snapshot.

entities.py    Service, Api, Operation, Product, Subscription, Backend, NamedValue, Logger, Diagnostic, ...
catalog.py     Catalog: all entities of one version, indexed, with one compiled `Pipeline` for each way in
"""

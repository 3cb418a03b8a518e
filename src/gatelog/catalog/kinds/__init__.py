"""The kinds of resources: what each is called, which properties it has, what they mean.

kind.py        Kind, the row of the table
apis.py        APIs, operations, products, subscriptions, users: what callers see
gateway.py     the service, policies, backends, named values, loggers, diagnostics, certificates: how calls are treated
azure.py       Azure OpenAI accounts, workspaces, diagnostic settings, role assignments, resource groups
table.py       KINDS: all of them, found by ARM type
The table feeds the checks of the management API and of the configuration folder, the schema for editors, and docs/management/.
"""

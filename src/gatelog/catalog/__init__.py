"""What is configured, as an immutable snapshot, and how it is kept, changed and brought in.

entities.py     Service, Api, Operation, Product, Subscription, Backend, NamedValue, Logger, Diagnostic, ...
catalog.py      Catalog: all entities of one version, indexed, with one compiled `Pipeline` for each way in
pipelines.py    which policy documents apply to a way in
resource.py     Resource: what is stored, by ARM id;  shapes.py, kinds/: which resources there are, and what they may say
checking.py     one body against its kind, all resources against each other
preparing.py    what a write adds: keys, dates, ids
assemble.py     resources -> Configuration;  loading.py: store -> Catalog
control.py      the writing side: try, compile, store;  initial.py: what a new catalog holds
store/          SQLite and PostgreSQL;  vault.py: encryption of secrets at rest
openapi/        OpenAPI documents: import, update, export
folder/         the configuration folder;  importers/: ARM templates, APIOps folders, Terraform states
"""

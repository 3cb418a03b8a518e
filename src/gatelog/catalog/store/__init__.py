"""Where resources are kept: one seam, two implementations, chosen by URL.

interface.py    Store, Change, Conflict: the contract
sqlite.py       a file in the data folder (the default)
postgres.py     postgresql://...: several nodes share one catalog
opening.py      open_store(location, vault)
migrations/     the SQL of both, numbered
"""

from gatelog.catalog.store.interface import Change, Conflict, Store
from gatelog.catalog.store.opening import open_store

__all__ = ["Change", "Conflict", "Store", "open_store"]

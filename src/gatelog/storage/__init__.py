"""Where rows live, behind one seam.

    interface.py    Storage, Batch: the contract
    open.py         open_storage
    columns.py      rows -> Arrow, the same for every engine
    definitions.py  tables as JSON
    errors.py       what queries and stores raise
    duckdb/         one machine: hot generation in memory, sealed monthly files
    clickhouse/     many machines
Chosen by URL scheme (`duckdb:///DIR`, `clickhouse://...`) in `open_storage`.
"""

from gatelog.storage.open import open_storage

__all__ = ["open_storage"]

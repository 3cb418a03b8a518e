"""Where rows live, behind one seam.

    interface.py    Storage, Batch: the contract
    duckdb/         one machine: hot generation in memory, sealed monthly files
    clickhouse/     many machines
Chosen by URL scheme (`duckdb:///DIR`, `clickhouse://...`) in `open_storage`.
"""

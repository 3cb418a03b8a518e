"""The storage engine of one machine: DuckDB.

    store.py     DuckDbStorage: the seam's methods
    ledger.py    what is in force, in SQLite: definitions, offsets, how far rows are sealed
    hot.py       rows that are visible and not yet sealed: Arrow in memory, in immutable snapshots
    parts.py     one DuckDB file for each month
    shred.py     JSON paths as columns
    seal.py      moves hot rows into parts, in pieces that DuckDB compresses well
    terms.py     the term index for `has`
    fetch.py     runs a compiled query over one snapshot
    doctor.py    checks, backup, restore

Hot rows are durable because the journal is: offsets are stored when rows are sealed, and what came later is read again.
"""

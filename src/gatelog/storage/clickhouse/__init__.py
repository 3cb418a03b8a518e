"""The storage engine of many machines: ClickHouse, through clickhouse-connect (extra `clickhouse`).

    ddl.py      tables, types and settings
    store.py    ClickHouseStorage: the seam's methods
    fetch.py    runs a compiled query (dialect `clickhouse`)

Exactly once: rows carry their number `_seq`; a batch counts when its offsets and last number stand in `gatelog_commits`.
Queries look no further than the committed number, and what a crash left behind it is deleted at the next start. One
workspace process writes to a database at a time.
"""

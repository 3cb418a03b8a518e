"""Tables, columns and types: the vocabulary that KQL, ingest, storage, docs and portal share.

types.py     the ten KQL types
table.py     Column, Table, Schema
tables.py    the built-in tables, one definition each
query.py     Query (what the compiler gives to a storage engine) and Result (what comes back)
"""

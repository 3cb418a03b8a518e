"""Rows from other programs: files, Logs Ingestion streams, `.ingest inline`.

records.py         files of any format -> numbered objects, or what is wrong with them
resource_logs.py   records that Azure exported -> table and row
fitting.py         an object against a table: fits, or why not
load.py            a file into a table, with rejects and progress
inline.py          the data of `.ingest inline`
Nothing here stores: rows are handed to an `append` function (`gatelog.workspace.space.Workspace.append_rows`).
"""

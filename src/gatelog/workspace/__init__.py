"""The log workspace: journal -> rows of each table -> storage -> answers.

ingest.py     Ingest: a thread that tails every stream, pairs requests with responses, appends rows
tables.py     Destinations: which tables a call goes to, by the diagnostic settings
rows/         one file for each table: events -> rows
space.py      Workspace: all of it behind one object, for the server
"""

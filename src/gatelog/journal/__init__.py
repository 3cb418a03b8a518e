"""The journal: what happened, on disk before anybody reads it; write-ahead log and outbox in one. See docs/journal-format.md.

segment.py     the record and segment format (pure)
writer.py      JournalWriter: one stream for each process that records
reader.py      StreamReader: records after a position, also while they are written, also after damage
seal.py        closed segments: compressed, chained by hashes
retention.py   who has read how far, and what may go
inspect.py     cat, stat, verify and export for people
errors.py      JournalFailure and below
"""

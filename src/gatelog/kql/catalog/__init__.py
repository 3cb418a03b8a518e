"""What KQL can call: one row for each scalar function and aggregate.

rows        the shape of a row, and what a rendering sees
shorthand   short forms for writing rows
strings, patterns, numbers, units, dates, convert, dynamic, arrays, series, net, sketches, windows, aggregates    rows by family
refused     documented names that are refused, and why
registry    all of them together

Renderings are SQL where SQL is exact; the rest is Python, in `gatelog.kql.kernels`. The binder and the lowering read the
registry; docs/kql/functions.md is written from it. Nothing here touches a database, the clock or the environment.
"""

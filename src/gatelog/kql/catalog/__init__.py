"""What KQL can call: one row for each scalar function and aggregate.

rows      the shape of a row, and what a rendering sees
strings, terms, numbers, dates, dynamic, convert, net, series, windows, aggregates    rows by family
registry  all of them together
"""

"""From bound plans to SQL.

duckdb, clickhouse   the primitives of each engine: literals, conversions, paths, comparisons
lowering             renders expressions and keeps the steps, scans and shared relations of one query
relation             a SELECT in the making
"""

"""Tabular operators, one file each: the node, how it is read, how it is bound, and its SQL where the nodes of `plan` do not do.

table.py lists them all by keyword.
"""

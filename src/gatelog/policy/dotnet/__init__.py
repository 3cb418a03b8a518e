"""The part of .NET that policy expressions know: values, types and the whitelist of members.

metadata.py     types, C# signatures, conversions between types, the Library
runtime.py      any value's type, text, equality, hash; casts; budgets; Array, Enum
numbers.py numeric_format.py converting.py strings.py formatting.py dates.py date_format.py date_parse.py guids.py uris.py
encodings.py collections.py arrays.py linq.py json_*.py knuth.py regexes.py hashing.py jwt.py xml_linq.py proxy.py
                behaviour, one family each
tables/         what is allowed: signatures bound to those functions
library.py      the tables assembled into LIBRARY
"""

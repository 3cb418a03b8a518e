"""The policy elements: one file each, a frozen dataclass whose fields are the XML's attributes and children.

`table.py` lists them all: element name -> class, sections, differences from Azure.
"""

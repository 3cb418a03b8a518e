"""The configuration folder: the catalog as files under version control.

layout.py      which file holds which resource
positions.py   YAML with the line and column of every value
reading.py     folder -> resources, refused whole with path and line
writing.py     resources -> folder
difference.py  what an apply would change
applying.py    carries it out; a folder owns what it wrote, and deletes only that
editor.py      the JSON schema for editors
"""

"""The configuration folder: the catalog as files under version control.

layout.py      which file holds which resource
positions.py   YAML with the line and column of every value
reading.py     folder -> resources, refused whole with path and line
writing.py     resources -> folder
difference.py  what an apply would change
applying.py    carries it out; a folder owns what it wrote, and deletes only that
editor.py      the JSON schema for editors
"""

from gatelog.catalog.folder.applying import (
    FolderWatch,
    apply_folder,
    apply_resources,
    check_folder,
    diff_folder,
    diff_resources,
    stamp_of,
)
from gatelog.catalog.folder.difference import Difference
from gatelog.catalog.folder.reading import read_folder
from gatelog.catalog.folder.writing import write_folder

__all__ = [
    "FolderWatch",
    "Difference",
    "apply_folder",
    "apply_resources",
    "check_folder",
    "diff_folder",
    "diff_resources",
    "read_folder",
    "stamp_of",
    "write_folder",
]

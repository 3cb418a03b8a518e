"""The SQL that makes and changes the catalog's tables: `<database>_<number>.sql`, each run once, in order."""

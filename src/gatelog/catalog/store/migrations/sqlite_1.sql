-- Resources of the catalog, and the version that every change counts up.
CREATE TABLE resources (
    key        TEXT PRIMARY KEY,
    id         TEXT NOT NULL,
    type       TEXT NOT NULL,
    etag       TEXT NOT NULL,
    properties TEXT NOT NULL,
    envelope   TEXT NOT NULL,
    sealed     BLOB
) STRICT;
CREATE TABLE state (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT;
INSERT INTO state VALUES ('version', 0);

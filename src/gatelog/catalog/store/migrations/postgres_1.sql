-- Resources of the catalog, and the version that every change counts up.
CREATE TABLE gatelog_resources (
    key        TEXT PRIMARY KEY,
    id         TEXT NOT NULL,
    type       TEXT NOT NULL,
    etag       TEXT NOT NULL,
    properties TEXT NOT NULL,
    envelope   TEXT NOT NULL,
    sealed     BYTEA
);
CREATE TABLE gatelog_state (
    name  TEXT PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO gatelog_state VALUES ('version', 0);

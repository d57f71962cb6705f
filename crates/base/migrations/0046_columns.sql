-- What the columns of files with other headings are: said once, used for each file with the same header row. Written by the slice `lending`.
CREATE TABLE lending_columns (
    district_id TEXT NOT NULL REFERENCES district (id),
    id TEXT NOT NULL,
    file TEXT NOT NULL,                       -- devices, lines, usage
    mark TEXT NOT NULL,                       -- digest of the folded header row: of each there is one map
    headings TEXT NOT NULL,                   -- JSON: the headings as they stood in the file
    columns TEXT NOT NULL,                    -- JSON: for each heading a column's name, '-' (not read) or '' (what its own words say)
    changed_ms BIGINT NOT NULL,
    changed_by TEXT NOT NULL,                 -- account id
    PRIMARY KEY (district_id, id)
);
CREATE UNIQUE INDEX lending_columns_mark ON lending_columns (district_id, file, mark);

-- Tables that belong to no slice: districts, jobs, the audit log.

CREATE TABLE district (
    id TEXT PRIMARY KEY NOT NULL,             -- LEAID, 7 digits
    name TEXT NOT NULL,
    state TEXT NOT NULL,                      -- state FIPS, 2 digits
    fictional INTEGER NOT NULL DEFAULT 0,
    created_ms INTEGER NOT NULL
);

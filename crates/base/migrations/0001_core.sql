-- Tables that belong to no slice. Types are the portable ones: TEXT, BIGINT, DOUBLE PRECISION.

CREATE TABLE district (
    id TEXT PRIMARY KEY NOT NULL,             -- LEAID, 7 digits
    name TEXT NOT NULL,
    state TEXT NOT NULL,                      -- state FIPS, 2 digits
    fictional BIGINT NOT NULL DEFAULT 0,
    created_ms BIGINT NOT NULL
);

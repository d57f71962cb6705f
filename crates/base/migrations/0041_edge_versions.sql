-- Which edge had which policy when: a row where it changed. Nothing here is ever removed. Written by the slice `filtering`.

CREATE TABLE edge_version (
    district_id TEXT NOT NULL REFERENCES district (id),
    edge_id TEXT NOT NULL,
    first_ms BIGINT NOT NULL,                 -- when the edge first said that it has this version
    last_ms BIGINT NOT NULL,                  -- when it last said so
    version BIGINT NOT NULL,                  -- 0: none yet, or one that this portal does not know
    PRIMARY KEY (district_id, edge_id, first_ms)
);

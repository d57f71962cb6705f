-- A load can be removed, and put back. So each keeps its own rows, and the views say which of them count: those of
-- loads that are not removed, and of two for the same thing the later load's (ids of loads sort by time).

ALTER TABLE load ADD COLUMN removed_ms BIGINT;  -- NULL: it counts
-- Cells without a value, which are no problem. None were counted before.
ALTER TABLE load ADD COLUMN empty_count BIGINT NOT NULL DEFAULT 0;

CREATE TABLE boundary_kept (
    district_id TEXT NOT NULL REFERENCES district (id),
    geography_kind TEXT NOT NULL,
    geography_id TEXT NOT NULL,
    name TEXT NOT NULL,
    geojson TEXT NOT NULL,                    -- a GeoJSON geometry, longitude and latitude
    load_id TEXT NOT NULL,
    PRIMARY KEY (district_id, geography_kind, geography_id, load_id)
);
INSERT INTO boundary_kept (district_id, geography_kind, geography_id, name, geojson, load_id)
    SELECT district_id, geography_kind, geography_id, name, geojson, load_id
    FROM boundary;
DROP TABLE boundary;
ALTER TABLE boundary_kept RENAME TO boundary;
CREATE VIEW boundary_now AS SELECT * FROM boundary a
    WHERE a.load_id NOT IN (SELECT r.id FROM load r WHERE r.removed_ms IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM boundary b WHERE b.district_id = a.district_id
        AND b.geography_kind = a.geography_kind AND b.geography_id = a.geography_id
        AND b.load_id > a.load_id
        AND b.load_id NOT IN (SELECT r.id FROM load r WHERE r.removed_ms IS NOT NULL));

CREATE TABLE area_value_kept (
    district_id TEXT NOT NULL REFERENCES district (id),
    geography_kind TEXT NOT NULL,
    geography_id TEXT NOT NULL,
    source TEXT NOT NULL,                     -- table or programme: B28005, bdc, saipe, …
    vintage TEXT NOT NULL,
    variable TEXT NOT NULL,
    value DOUBLE PRECISION,                   -- NULL: published as not computable
    moe DOUBLE PRECISION,                     -- 90 %; NULL when not published
    load_id TEXT NOT NULL,
    PRIMARY KEY (district_id, geography_kind, geography_id, source, vintage, variable, load_id)
);
INSERT INTO area_value_kept (district_id, geography_kind, geography_id, source, vintage, variable, value, moe, load_id)
    SELECT district_id, geography_kind, geography_id, source, vintage, variable, value, moe, load_id
    FROM area_value;
DROP TABLE area_value;
ALTER TABLE area_value_kept RENAME TO area_value;
CREATE INDEX area_value_by_source ON area_value (district_id, source, vintage);
CREATE VIEW area_value_now AS SELECT * FROM area_value a
    WHERE a.load_id NOT IN (SELECT r.id FROM load r WHERE r.removed_ms IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM area_value b WHERE b.district_id = a.district_id
        AND b.geography_kind = a.geography_kind AND b.geography_id = a.geography_id AND b.source = a.source
        AND b.vintage = a.vintage AND b.variable = a.variable
        AND b.load_id > a.load_id
        AND b.load_id NOT IN (SELECT r.id FROM load r WHERE r.removed_ms IS NOT NULL));

CREATE TABLE speed_tile_kept (
    district_id TEXT NOT NULL REFERENCES district (id),
    vintage TEXT NOT NULL,
    quadkey TEXT NOT NULL,
    download_mbps DOUBLE PRECISION NOT NULL,  -- averages of all tests in the tile
    upload_mbps DOUBLE PRECISION NOT NULL,
    latency_ms DOUBLE PRECISION NOT NULL,
    tests BIGINT NOT NULL,
    devices BIGINT NOT NULL,
    load_id TEXT NOT NULL,
    PRIMARY KEY (district_id, vintage, quadkey, load_id)
);
INSERT INTO speed_tile_kept (district_id, vintage, quadkey, download_mbps, upload_mbps, latency_ms, tests, devices, load_id)
    SELECT district_id, vintage, quadkey, download_mbps, upload_mbps, latency_ms, tests, devices, load_id
    FROM speed_tile;
DROP TABLE speed_tile;
ALTER TABLE speed_tile_kept RENAME TO speed_tile;
CREATE VIEW speed_tile_now AS SELECT * FROM speed_tile a
    WHERE a.load_id NOT IN (SELECT r.id FROM load r WHERE r.removed_ms IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM speed_tile b WHERE b.district_id = a.district_id
        AND b.vintage = a.vintage AND b.quadkey = a.quadkey
        AND b.load_id > a.load_id
        AND b.load_id NOT IN (SELECT r.id FROM load r WHERE r.removed_ms IS NOT NULL));

CREATE TABLE directory_entry_kept (
    district_id TEXT NOT NULL REFERENCES district (id),
    geography_kind TEXT NOT NULL,             -- district, school
    geography_id TEXT NOT NULL,               -- LEAID, NCESSCH
    name TEXT NOT NULL,
    is_open BIGINT NOT NULL,
    load_id TEXT NOT NULL,
    PRIMARY KEY (district_id, geography_kind, geography_id, load_id)
);
INSERT INTO directory_entry_kept (district_id, geography_kind, geography_id, name, is_open, load_id)
    SELECT district_id, geography_kind, geography_id, name, is_open, load_id
    FROM directory_entry;
DROP TABLE directory_entry;
ALTER TABLE directory_entry_kept RENAME TO directory_entry;
CREATE VIEW directory_entry_now AS SELECT * FROM directory_entry a
    WHERE a.load_id NOT IN (SELECT r.id FROM load r WHERE r.removed_ms IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM directory_entry b WHERE b.district_id = a.district_id
        AND b.geography_kind = a.geography_kind AND b.geography_id = a.geography_id
        AND b.load_id > a.load_id
        AND b.load_id NOT IN (SELECT r.id FROM load r WHERE r.removed_ms IS NOT NULL));

CREATE TABLE mobile_cell_kept (
    district_id TEXT NOT NULL REFERENCES district (id),
    vintage TEXT NOT NULL,
    h3 TEXT NOT NULL,                         -- resolution 9
    technology BIGINT NOT NULL,               -- 300, 400, 500
    down_mbps DOUBLE PRECISION NOT NULL,
    up_mbps DOUBLE PRECISION NOT NULL,
    load_id TEXT NOT NULL,
    PRIMARY KEY (district_id, vintage, h3, technology, load_id)
);
INSERT INTO mobile_cell_kept (district_id, vintage, h3, technology, down_mbps, up_mbps, load_id)
    SELECT district_id, vintage, h3, technology, down_mbps, up_mbps, load_id
    FROM mobile_cell;
DROP TABLE mobile_cell;
ALTER TABLE mobile_cell_kept RENAME TO mobile_cell;
-- The files come by provider: the fastest claim counts.
CREATE VIEW mobile_cell_now AS SELECT * FROM mobile_cell a
    WHERE a.load_id NOT IN (SELECT r.id FROM load r WHERE r.removed_ms IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM mobile_cell b WHERE b.district_id = a.district_id
        AND b.vintage = a.vintage AND b.h3 = a.h3 AND b.technology = a.technology
        AND (b.down_mbps > a.down_mbps OR (b.down_mbps = a.down_mbps AND b.load_id > a.load_id))
       
        AND b.load_id NOT IN (SELECT r.id FROM load r WHERE r.removed_ms IS NOT NULL));

CREATE TABLE address_point_kept (
    district_id TEXT NOT NULL REFERENCES district (id),
    part BIGINT NOT NULL,
    file_name TEXT NOT NULL,
    body TEXT NOT NULL,                       -- base64
    load_id TEXT NOT NULL,
    PRIMARY KEY (district_id, part, load_id)
);
INSERT INTO address_point_kept (district_id, part, file_name, body, load_id)
    SELECT district_id, part, file_name, body, load_id
    FROM address_point;
DROP TABLE address_point;
ALTER TABLE address_point_kept RENAME TO address_point;
-- The later file stands in place of the earlier one as a whole.
CREATE INDEX address_point_load ON address_point (district_id, load_id);
CREATE VIEW address_point_now AS SELECT * FROM address_point a
    WHERE a.load_id = (SELECT MAX(b.load_id) FROM address_point b WHERE b.district_id = a.district_id
       
        AND b.load_id NOT IN (SELECT r.id FROM load r WHERE r.removed_ms IS NOT NULL));

CREATE TABLE district_part_kept (
    district_id TEXT NOT NULL REFERENCES district (id),
    geography_id TEXT NOT NULL,               -- GEOID of a block group, tract or county
    leaid TEXT NOT NULL,                      -- this district, or one of the state's
    share DOUBLE PRECISION NOT NULL,          -- above 0, at most 1
    load_id TEXT NOT NULL,
    PRIMARY KEY (district_id, geography_id, leaid, load_id)
);
INSERT INTO district_part_kept (district_id, geography_id, leaid, share, load_id)
    SELECT district_id, geography_id, leaid, share, load_id
    FROM district_part;
DROP TABLE district_part;
ALTER TABLE district_part_kept RENAME TO district_part;
-- The later file stands in place of the earlier one as a whole.
CREATE INDEX district_part_load ON district_part (district_id, load_id);
CREATE VIEW district_part_now AS SELECT * FROM district_part a
    WHERE a.load_id = (SELECT MAX(b.load_id) FROM district_part b WHERE b.district_id = a.district_id
       
        AND b.load_id NOT IN (SELECT r.id FROM load r WHERE r.removed_ms IS NOT NULL));

-- Tests of several files count together.
CREATE VIEW speed_test_now AS SELECT * FROM speed_test a
    WHERE a.load_id NOT IN (SELECT r.id FROM load r WHERE r.removed_ms IS NOT NULL);

-- Open data as it was loaded, with its problems. Written by the slice `open_data`.

CREATE TABLE load (
    district_id TEXT NOT NULL REFERENCES district (id),
    id TEXT NOT NULL,
    kind TEXT NOT NULL,                       -- acs, bdc_fixed, boundaries, …
    source TEXT NOT NULL,                     -- who published it
    vintage TEXT NOT NULL,                    -- year or as-of date
    licence TEXT NOT NULL,
    file_name TEXT NOT NULL,
    digest TEXT NOT NULL,                     -- SHA-256 of the file, in hexadecimal
    loaded_ms BIGINT NOT NULL,
    loaded_by TEXT NOT NULL,
    row_count BIGINT NOT NULL,
    problem_count BIGINT NOT NULL,
    PRIMARY KEY (district_id, id)
);
CREATE UNIQUE INDEX load_once ON load (district_id, kind, vintage, digest);

CREATE TABLE load_problem (
    district_id TEXT NOT NULL,
    load_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    file TEXT NOT NULL,
    line BIGINT NOT NULL,
    column_name TEXT NOT NULL,
    said TEXT NOT NULL,
    wanted TEXT NOT NULL,
    PRIMARY KEY (district_id, load_id, position)
);

CREATE TABLE boundary (
    district_id TEXT NOT NULL REFERENCES district (id),
    geography_kind TEXT NOT NULL,
    geography_id TEXT NOT NULL,
    name TEXT NOT NULL,
    geojson TEXT NOT NULL,                    -- a GeoJSON geometry, longitude and latitude
    load_id TEXT NOT NULL,
    PRIMARY KEY (district_id, geography_kind, geography_id)
);

CREATE TABLE area_value (
    district_id TEXT NOT NULL REFERENCES district (id),
    geography_kind TEXT NOT NULL,
    geography_id TEXT NOT NULL,
    source TEXT NOT NULL,                     -- table or programme: B28005, bdc, saipe, …
    vintage TEXT NOT NULL,
    variable TEXT NOT NULL,
    value DOUBLE PRECISION,                   -- NULL: published as not computable
    moe DOUBLE PRECISION,                     -- 90 %; NULL when not published
    load_id TEXT NOT NULL,
    PRIMARY KEY (district_id, geography_kind, geography_id, source, vintage, variable)
);
CREATE INDEX area_value_by_source ON area_value (district_id, source, vintage);

-- The district's file of address points as it came, in parts: the geocoder reads it whole.
CREATE TABLE address_point (
    district_id TEXT NOT NULL REFERENCES district (id),
    part BIGINT NOT NULL,
    file_name TEXT NOT NULL,
    body TEXT NOT NULL,                       -- base64
    load_id TEXT NOT NULL,
    PRIMARY KEY (district_id, part)
);

CREATE TABLE speed_tile (
    district_id TEXT NOT NULL REFERENCES district (id),
    vintage TEXT NOT NULL,
    quadkey TEXT NOT NULL,
    download_mbps DOUBLE PRECISION NOT NULL,  -- averages of all tests in the tile
    upload_mbps DOUBLE PRECISION NOT NULL,
    latency_ms DOUBLE PRECISION NOT NULL,
    tests BIGINT NOT NULL,
    devices BIGINT NOT NULL,
    load_id TEXT NOT NULL,
    PRIMARY KEY (district_id, vintage, quadkey)
);

CREATE TABLE speed_test (
    district_id TEXT NOT NULL REFERENCES district (id),
    load_id TEXT NOT NULL,
    id TEXT NOT NULL,                         -- the measurement's own id, or its number in the file
    direction TEXT NOT NULL,                  -- download, upload
    mbps DOUBLE PRECISION NOT NULL,
    rtt_ms DOUBLE PRECISION,
    PRIMARY KEY (district_id, load_id, id, direction)
);

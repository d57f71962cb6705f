-- Which areas belong to which district, what phones are offered on the ground, and what NCES lists. Written by the slice `open_data`.

-- The parts of a relationship file: the share of an area that lies in a district.
CREATE TABLE district_part (
    district_id TEXT NOT NULL REFERENCES district (id),
    geography_id TEXT NOT NULL,               -- GEOID of a block group, tract or county
    leaid TEXT NOT NULL,                      -- this district, or one of the state's
    share DOUBLE PRECISION NOT NULL,          -- above 0, at most 1
    load_id TEXT NOT NULL,
    PRIMARY KEY (district_id, geography_id, leaid)
);

-- The fastest that any provider claims outdoors in a cell.
CREATE TABLE mobile_cell (
    district_id TEXT NOT NULL REFERENCES district (id),
    vintage TEXT NOT NULL,
    h3 TEXT NOT NULL,                         -- resolution 9
    technology BIGINT NOT NULL,               -- 300, 400, 500
    down_mbps DOUBLE PRECISION NOT NULL,
    up_mbps DOUBLE PRECISION NOT NULL,
    load_id TEXT NOT NULL,
    PRIMARY KEY (district_id, vintage, h3, technology)
);

CREATE TABLE directory_entry (
    district_id TEXT NOT NULL REFERENCES district (id),
    geography_kind TEXT NOT NULL,             -- district, school
    geography_id TEXT NOT NULL,               -- LEAID, NCESSCH
    name TEXT NOT NULL,
    is_open BIGINT NOT NULL,
    load_id TEXT NOT NULL,
    PRIMARY KEY (district_id, geography_kind, geography_id)
);

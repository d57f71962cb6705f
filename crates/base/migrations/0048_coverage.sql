-- Which provider claims to serve which cell, and which carrier of a district is which provider.

-- The fastest that each provider claims outdoors in a cell, by technology. Written by the slice `open_data`.
CREATE TABLE mobile_offer (
    district_id TEXT NOT NULL REFERENCES district (id),
    vintage TEXT NOT NULL,
    h3 TEXT NOT NULL,                         -- resolution 9
    provider BIGINT NOT NULL,                 -- the FCC's number
    technology BIGINT NOT NULL,               -- 400, 500
    down_mbps DOUBLE PRECISION NOT NULL,
    up_mbps DOUBLE PRECISION NOT NULL,
    load_id TEXT NOT NULL,
    PRIMARY KEY (district_id, vintage, h3, provider, technology, load_id)
);

-- Which provider of the FCC a carrier is. Written by the slice `lending`.
CREATE TABLE carrier_provider (
    district_id TEXT NOT NULL REFERENCES district (id),
    carrier TEXT NOT NULL,                    -- as in `carrier_line`
    provider BIGINT NOT NULL,
    changed_ms BIGINT NOT NULL,
    changed_by TEXT NOT NULL,                 -- account id
    PRIMARY KEY (district_id, carrier)
);

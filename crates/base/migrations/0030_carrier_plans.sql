-- What carriers' plans are, and when tests are, so that nobody is cut off in one. Written by the slice `lending`.

CREATE TABLE carrier_plan (
    district_id TEXT NOT NULL REFERENCES district (id),
    carrier TEXT NOT NULL,                    -- as in `carrier_line`
    plan TEXT NOT NULL,
    down_mbps DOUBLE PRECISION,               -- NULL: not known
    up_mbps DOUBLE PRECISION,
    cap_octets BIGINT,                        -- of a cycle; NULL: none, or not known
    cycle_day BIGINT NOT NULL,                -- the day of a month on which a cycle begins, 1 to 28
    changed_ms BIGINT NOT NULL,
    changed_by TEXT NOT NULL,                 -- account id
    PRIMARY KEY (district_id, carrier, plan)
);

CREATE TABLE lending_window (
    district_id TEXT NOT NULL REFERENCES district (id),
    id TEXT NOT NULL,
    name TEXT NOT NULL,                       -- the test
    from_on TEXT NOT NULL,
    until_on TEXT NOT NULL,
    made_ms BIGINT NOT NULL,
    made_by TEXT NOT NULL,                    -- account id
    PRIMARY KEY (district_id, id)
);

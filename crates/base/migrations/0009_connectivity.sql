-- Each school's own line. Written by the slice `connectivity`.

CREATE TABLE school_line (
    district_id TEXT NOT NULL REFERENCES district (id),
    school_id TEXT NOT NULL,                  -- the district's own id, or NCESSCH
    name TEXT NOT NULL,
    enrollment BIGINT NOT NULL,
    contracted_mbps DOUBLE PRECISION,
    measured_mbps DOUBLE PRECISION,
    changed_ms BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    PRIMARY KEY (district_id, school_id)
);

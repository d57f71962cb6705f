-- What was in force for which device since when, and what a district has done for its Internet safety policy (CIPA,
-- 47 U.S.C. 254(h) and (l)). Nothing here is ever removed. Written by the slice `filtering`.

CREATE TABLE filter_measure (
    district_id TEXT NOT NULL REFERENCES district (id),
    id TEXT NOT NULL,                         -- the beginning of its digest
    measure_json TEXT NOT NULL,
    PRIMARY KEY (district_id, id)
);

-- A row where it changed.
CREATE TABLE filter_device_measure (
    district_id TEXT NOT NULL REFERENCES district (id),
    device_id TEXT NOT NULL,
    version BIGINT NOT NULL,                  -- of the policy from which on it holds
    measure_id TEXT NOT NULL,                 -- empty: the policy knows the device no more
    PRIMARY KEY (district_id, device_id, version)
);

CREATE TABLE safety_step (
    district_id TEXT NOT NULL REFERENCES district (id),
    step TEXT NOT NULL,                       -- policy, notice, hearing, education, monitoring
    done_on TEXT NOT NULL,                    -- the day, 2026-11-24
    note TEXT NOT NULL,
    changed_ms BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    PRIMARY KEY (district_id, step)
);

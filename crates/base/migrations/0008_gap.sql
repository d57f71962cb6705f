-- Estimates of the homework gap. Written by the slice `gap`.

CREATE TABLE estimate_run (
    id TEXT PRIMARY KEY NOT NULL,             -- UUIDv7: sorts by time
    district_id TEXT NOT NULL REFERENCES district (id),
    state TEXT NOT NULL,                      -- done: a run is stored whole or not at all
    created_ms BIGINT NOT NULL,               -- when it was asked for
    finished_ms BIGINT NOT NULL,
    seed BIGINT NOT NULL,                     -- of the random numbers, so that it can be repeated
    rule_json TEXT NOT NULL,                  -- the publication rule that was applied
    inputs_json TEXT NOT NULL                 -- which data went in
);
CREATE INDEX estimate_run_latest ON estimate_run (district_id, finished_ms);

-- What may be shown. A withheld figure has no number in it at all: the checks hold that.
CREATE TABLE figure (
    run_id TEXT NOT NULL REFERENCES estimate_run (id),
    district_id TEXT NOT NULL REFERENCES district (id),
    measure TEXT NOT NULL,                    -- m1, m2, m3, m4a, m4b, m5, m6
    geography_kind TEXT NOT NULL,
    geography_id TEXT NOT NULL,
    group_name TEXT NOT NULL,                 -- all, frl:yes, grade_band:high, …
    value DOUBLE PRECISION,                   -- share of students, 0 to 1
    low90 DOUBLE PRECISION,
    high90 DOUBLE PRECISION,
    se DOUBLE PRECISION,                      -- also NULL for a share that is coded "at most" or "at least"
    answers BIGINT,
    students BIGINT,
    method TEXT,                              -- survey, area, combined, synthetic
    suppressed TEXT,                          -- primary, complementary, cv; NULL: shown
    PRIMARY KEY (run_id, measure, geography_kind, geography_id, group_name),
    CHECK ((suppressed IS NULL AND value IS NOT NULL AND low90 IS NOT NULL AND high90 IS NOT NULL
            AND answers IS NOT NULL AND students IS NOT NULL AND method IS NOT NULL)
        OR (suppressed IS NOT NULL AND value IS NULL AND low90 IS NULL AND high90 IS NULL
            AND se IS NULL AND answers IS NULL AND students IS NULL AND method IS NULL))
);
CREATE INDEX figure_by_place ON figure (run_id, geography_kind, geography_id);

-- Of the students for whom the measure is true, the share with each reason.
CREATE TABLE barrier_figure (
    run_id TEXT NOT NULL REFERENCES estimate_run (id),
    district_id TEXT NOT NULL REFERENCES district (id),
    measure TEXT NOT NULL,
    barrier TEXT NOT NULL,                    -- the Ed-Fi code value
    geography_kind TEXT NOT NULL,
    geography_id TEXT NOT NULL,
    group_name TEXT NOT NULL,
    value DOUBLE PRECISION,
    low90 DOUBLE PRECISION,
    high90 DOUBLE PRECISION,
    se DOUBLE PRECISION,
    answers BIGINT,
    students BIGINT,
    method TEXT,
    suppressed TEXT,
    PRIMARY KEY (run_id, measure, barrier, geography_kind, geography_id, group_name),
    CHECK ((suppressed IS NULL AND value IS NOT NULL AND low90 IS NOT NULL AND high90 IS NOT NULL
            AND answers IS NOT NULL AND students IS NOT NULL AND method IS NOT NULL)
        OR (suppressed IS NOT NULL AND value IS NULL AND low90 IS NULL AND high90 IS NULL
            AND se IS NULL AND answers IS NULL AND students IS NULL AND method IS NULL))
);

-- A student's chance that a measure is true. Personal: kept for the latest run alone.
CREATE TABLE student_probability (
    run_id TEXT NOT NULL REFERENCES estimate_run (id),
    district_id TEXT NOT NULL REFERENCES district (id),
    student_id TEXT NOT NULL,
    measure TEXT NOT NULL,
    probability DOUBLE PRECISION NOT NULL,
    low90 DOUBLE PRECISION NOT NULL,
    high90 DOUBLE PRECISION NOT NULL,
    basis TEXT NOT NULL,                      -- answer, model
    PRIMARY KEY (district_id, student_id, measure, run_id)
);

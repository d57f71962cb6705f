-- What the answers alone say, as JSON; NULL without answers, and for runs from before this column.
ALTER TABLE estimate_run ADD COLUMN survey_json TEXT;

-- What a teacher may be told of her own sections. Never public: sections overlap. Kept for the latest run alone.
CREATE TABLE section_figure (
    run_id TEXT NOT NULL REFERENCES estimate_run (id),
    district_id TEXT NOT NULL REFERENCES district (id),
    measure TEXT NOT NULL,
    section_id TEXT NOT NULL,
    value DOUBLE PRECISION,                   -- share of the section's students, 0 to 1
    low90 DOUBLE PRECISION,
    high90 DOUBLE PRECISION,
    se DOUBLE PRECISION,
    answers BIGINT,
    students BIGINT,
    method TEXT,
    suppressed TEXT,
    PRIMARY KEY (run_id, section_id, measure),
    CHECK ((suppressed IS NULL AND value IS NOT NULL AND low90 IS NOT NULL AND high90 IS NOT NULL
            AND answers IS NOT NULL AND students IS NOT NULL AND method IS NOT NULL)
        OR (suppressed IS NOT NULL AND value IS NULL AND low90 IS NULL AND high90 IS NULL
            AND se IS NULL AND answers IS NULL AND students IS NULL AND method IS NULL))
);
CREATE INDEX section_figure_by_district ON section_figure (district_id);

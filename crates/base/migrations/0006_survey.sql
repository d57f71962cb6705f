-- The home-access survey. Written by the slice `survey`.

CREATE TABLE survey_term (
    district_id TEXT NOT NULL REFERENCES district (id),
    term TEXT NOT NULL,                       -- for example 2026-fall
    opened_ms BIGINT NOT NULL,
    closed_ms BIGINT,
    PRIMARY KEY (district_id, term)
);

-- The code on the letter: one for each student and term.
CREATE TABLE survey_code (
    district_id TEXT NOT NULL REFERENCES district (id),
    term TEXT NOT NULL,
    student_id TEXT NOT NULL,
    code TEXT NOT NULL,                       -- nine letters and digits, the last a check
    made_ms BIGINT NOT NULL,
    PRIMARY KEY (district_id, term, student_id)
);
CREATE UNIQUE INDEX survey_code_once ON survey_code (district_id, code);

CREATE TABLE survey_load (
    district_id TEXT NOT NULL REFERENCES district (id),
    digest TEXT NOT NULL,                     -- SHA-256 of the file, in hexadecimal
    id TEXT NOT NULL,
    file_name TEXT NOT NULL,
    loaded_ms BIGINT NOT NULL,
    loaded_by TEXT NOT NULL,
    answers BIGINT NOT NULL,
    problems BIGINT NOT NULL,
    problems_json TEXT NOT NULL,
    PRIMARY KEY (district_id, digest)
);

-- Every answer ever given. Of one student and term the latest counts; earlier ones are history.
CREATE TABLE survey_answer (
    district_id TEXT NOT NULL REFERENCES district (id),
    id TEXT NOT NULL,                         -- sorts by the time it was stored
    student_id TEXT NOT NULL,
    term TEXT NOT NULL,
    answered_ms BIGINT NOT NULL,
    source TEXT NOT NULL,                     -- web, paper, upload
    entered_by TEXT,                          -- account id; NULL when the family sent it
    internet_access BIGINT,                   -- the Ed-Fi code values from here on
    barrier TEXT,
    internet_type TEXT,
    performance TEXT,
    device TEXT,
    sharing TEXT,
    provider TEXT,
    download_mbps DOUBLE PRECISION,
    upload_mbps DOUBLE PRECISION,
    household_students BIGINT,
    PRIMARY KEY (district_id, id)
);
CREATE INDEX survey_answer_latest ON survey_answer (district_id, term, student_id, answered_ms, id);

-- The roster of each district: schools, students, sections, enrolments, staff. Written by the slice `roster`.
-- Every key begins with the district, so that the same source id in two districts never meets.

CREATE TABLE school (
    district_id TEXT NOT NULL REFERENCES district (id),
    id TEXT NOT NULL,                         -- the source's id
    name TEXT NOT NULL,
    ncessch TEXT,                             -- 12 digits
    PRIMARY KEY (district_id, id)
);

CREATE TABLE student (
    district_id TEXT NOT NULL REFERENCES district (id),
    id TEXT NOT NULL,                         -- the source's id
    school_id TEXT NOT NULL,
    grade TEXT NOT NULL,                      -- OneRoster code
    given_name TEXT NOT NULL,
    family_name TEXT NOT NULL,
    name_key TEXT NOT NULL,                   -- "family given" without accents, for searching
    street TEXT,                              -- all four are NULL when the source gives no address
    city TEXT,
    state TEXT,
    zip TEXT,
    frl BIGINT,                               -- 0, 1 or unknown
    ell BIGINT,
    iep BIGINT,
    home_language TEXT,
    lon DOUBLE PRECISION,
    lat DOUBLE PRECISION,
    block_group TEXT,                         -- 12 digits
    geocode TEXT,                             -- how the place was found; NULL when it was not
    geocode_reason TEXT,                      -- why it was not; NULL when it was, or not yet tried
    PRIMARY KEY (district_id, id)
);
CREATE INDEX student_by_name ON student (district_id, name_key, id);
CREATE INDEX student_by_school ON student (district_id, school_id);

CREATE TABLE section (
    district_id TEXT NOT NULL REFERENCES district (id),
    id TEXT NOT NULL,
    school_id TEXT NOT NULL,
    title TEXT NOT NULL,
    period TEXT,
    PRIMARY KEY (district_id, id)
);

CREATE TABLE enrollment (
    district_id TEXT NOT NULL REFERENCES district (id),
    section_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    teaches BIGINT NOT NULL,                  -- 1: the person teaches there
    PRIMARY KEY (district_id, section_id, person_id, teaches)
);
CREATE INDEX enrollment_by_person ON enrollment (district_id, person_id);

CREATE TABLE staff (
    district_id TEXT NOT NULL REFERENCES district (id),
    id TEXT NOT NULL,
    given_name TEXT NOT NULL,
    family_name TEXT NOT NULL,
    email TEXT,
    PRIMARY KEY (district_id, id)
);

CREATE TABLE roster_load (
    id TEXT PRIMARY KEY NOT NULL,
    district_id TEXT NOT NULL REFERENCES district (id),
    digest TEXT NOT NULL,                     -- SHA-256 of the files, in hexadecimal
    file_name TEXT NOT NULL,
    delta BIGINT NOT NULL,                    -- 1: the file held changes only
    loaded_ms BIGINT NOT NULL,
    loaded_by TEXT NOT NULL,                  -- account id, or the command
    schools BIGINT NOT NULL,                  -- rows after the load
    students BIGINT NOT NULL,
    sections BIGINT NOT NULL,
    enrollments BIGINT NOT NULL,
    staff BIGINT NOT NULL,
    added BIGINT NOT NULL,                    -- students added, removed, changed by the load
    removed BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    problems BIGINT NOT NULL,
    undone_ms BIGINT
);
CREATE INDEX roster_load_by_time ON roster_load (district_id, loaded_ms);

-- What the rows were before the last load, so that it can be undone. Only the last load's are kept.
CREATE TABLE roster_before (
    district_id TEXT NOT NULL REFERENCES district (id),
    load_id TEXT NOT NULL,
    kind TEXT NOT NULL,                       -- school, student, section, enrollment, staff
    id TEXT NOT NULL,
    row_json TEXT,                            -- NULL: there was no such row
    PRIMARY KEY (district_id, kind, id)
);

-- Files that were uploaded and looked at, but not accepted yet. They expire.
CREATE TABLE roster_staged (
    district_id TEXT NOT NULL REFERENCES district (id),
    id TEXT NOT NULL,
    staged_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    staged_by TEXT NOT NULL,
    digest TEXT NOT NULL,
    file_name TEXT NOT NULL,
    side_name TEXT,                           -- the second file, with addresses
    review_json TEXT NOT NULL,                -- problems and what would change
    PRIMARY KEY (district_id, id)
);

CREATE TABLE roster_staged_part (
    district_id TEXT NOT NULL,
    staged_id TEXT NOT NULL,
    side BIGINT NOT NULL,                     -- 0 the roster, 1 the second file
    part BIGINT NOT NULL,
    body TEXT NOT NULL,                       -- base64
    PRIMARY KEY (district_id, staged_id, side, part)
);

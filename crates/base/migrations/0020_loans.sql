-- Who had which device from when to when, and the district's rules of lending. Loans are never removed. Written by the slice `lending`.

CREATE TABLE lending_loan (
    district_id TEXT NOT NULL REFERENCES district (id),
    id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    student_id TEXT NOT NULL,
    out_ms BIGINT NOT NULL,
    out_by TEXT NOT NULL,                     -- account id
    due_on TEXT NOT NULL,                     -- the day, 2027-06-01
    renewed BIGINT NOT NULL,                  -- how many times
    lost_ms BIGINT,                           -- since when nobody knows where it is
    in_ms BIGINT,                             -- NULL: the student has it
    in_by TEXT,
    undone_ms BIGINT,                         -- the check-out was a mistake
    PRIMARY KEY (district_id, id)
);
-- A device has one open loan at most.
CREATE UNIQUE INDEX lending_loan_open ON lending_loan (district_id, device_id) WHERE in_ms IS NULL AND undone_ms IS NULL;
CREATE INDEX lending_loan_student ON lending_loan (district_id, student_id);
CREATE INDEX lending_loan_device ON lending_loan (district_id, device_id, out_ms);

CREATE TABLE lending_rule (
    district_id TEXT NOT NULL REFERENCES district (id),
    rule TEXT NOT NULL,                       -- loan_days, household_limit
    setting BIGINT NOT NULL,
    changed_ms BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    PRIMARY KEY (district_id, rule)
);

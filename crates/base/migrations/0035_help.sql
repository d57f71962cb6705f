-- Trouble that households report with what they have, and devices in repair. Written by the slice `lending`.
CREATE TABLE lending_case (
    district_id TEXT NOT NULL REFERENCES district (id),
    id TEXT NOT NULL,
    loan_id TEXT NOT NULL,
    student_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    trouble TEXT NOT NULL,                    -- power, internet, slow, broken, other
    said TEXT NOT NULL,                       -- in the household's own words; may be empty
    language TEXT NOT NULL,
    opened_ms BIGINT NOT NULL,
    opened_by TEXT,                           -- account id; NULL: the household itself
    steps TEXT NOT NULL,                      -- of the guide, those that were done: 'charge reset'
    note TEXT NOT NULL,                       -- what staff wrote down
    outcome TEXT,                             -- fixed, swapped, back, nothing; NULL: it is open
    closed_ms BIGINT,
    closed_by TEXT,
    PRIMARY KEY (district_id, id)
);
-- Of a loan there is one open case at most.
CREATE UNIQUE INDEX lending_case_open ON lending_case (district_id, loan_id) WHERE outcome IS NULL;
CREATE INDEX lending_case_opened ON lending_case (district_id, opened_ms);

CREATE TABLE lending_repair (
    district_id TEXT NOT NULL REFERENCES district (id),
    id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    sent_ms BIGINT NOT NULL,
    sent_by TEXT NOT NULL,
    shop TEXT NOT NULL,                       -- who repairs it
    is_warranty BIGINT NOT NULL,              -- 1: the maker pays
    back_ms BIGINT,                           -- NULL: it is away
    outcome TEXT,                             -- mended, replaced, hopeless
    cost_cents BIGINT,
    PRIMARY KEY (district_id, id)
);
-- A device is away once at a time.
CREATE UNIQUE INDEX lending_repair_away ON lending_repair (district_id, device_id) WHERE back_ms IS NULL;

CREATE TABLE lending_warranty (
    district_id TEXT NOT NULL REFERENCES district (id),
    device_id TEXT NOT NULL,
    until_on TEXT NOT NULL,                   -- the last day, 2027-06-01
    PRIMARY KEY (district_id, device_id)
);

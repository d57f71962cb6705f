-- What households were told of their loans, what carriers were asked to do with lines, and since when a line was wanted to be what.
-- Written by the slice `lending`.

CREATE TABLE lending_notice (
    district_id TEXT NOT NULL REFERENCES district (id),
    id TEXT NOT NULL,
    loan_id TEXT NOT NULL,
    cause TEXT NOT NULL,                      -- lost, overdue
    way TEXT NOT NULL,                        -- letter, call, person
    told_ms BIGINT NOT NULL,
    told_by TEXT NOT NULL,                    -- account id
    PRIMARY KEY (district_id, id)
);
CREATE INDEX lending_notice_loan ON lending_notice (district_id, loan_id);

CREATE TABLE carrier_order (
    district_id TEXT NOT NULL REFERENCES district (id),
    id TEXT NOT NULL,
    line_id TEXT NOT NULL,
    act TEXT NOT NULL,                        -- activate, suspend, end
    asked_ms BIGINT NOT NULL,
    asked_by TEXT,                            -- account id; NULL: the program
    refused BIGINT NOT NULL DEFAULT 0,        -- 1: the carrier does not do it
    PRIMARY KEY (district_id, id)
);
CREATE INDEX carrier_order_line ON carrier_order (district_id, asked_ms);

CREATE TABLE carrier_change (
    district_id TEXT NOT NULL REFERENCES district (id),
    id TEXT NOT NULL,
    line_id TEXT NOT NULL,
    wanted TEXT NOT NULL,                     -- what it is wanted to be from then on
    at_ms BIGINT NOT NULL,
    cause TEXT,                               -- of a suspension: lost, overdue
    loan_id TEXT,                             -- of a suspension: whose
    approved_by TEXT,                         -- of a suspension above the cap: account id
    PRIMARY KEY (district_id, id)
);
CREATE INDEX carrier_change_line ON carrier_change (district_id, line_id, at_ms);
CREATE INDEX carrier_change_at ON carrier_change (district_id, at_ms);

-- What the carrier was asked for last and has not refused.
ALTER TABLE carrier_line ADD COLUMN ordered TEXT;
ALTER TABLE carrier_line ADD COLUMN ordered_ms BIGINT;

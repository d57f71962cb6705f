-- Households that ask for a hotspot, and the published rule of their order. Written by the slice `lending`.

CREATE TABLE lending_request (
    district_id TEXT NOT NULL REFERENCES district (id),
    id TEXT NOT NULL,
    student_id TEXT NOT NULL,
    asked_ms BIGINT NOT NULL,
    asked_by TEXT,                            -- account id; NULL: the household itself
    access TEXT NOT NULL,                     -- none, phone, poor, good: their Internet at home
    barrier TEXT NOT NULL,                    -- unavailable, cost, other: why it is no better
    state TEXT NOT NULL,                      -- waiting, offered, served, lapsed, withdrawn
    offered_ms BIGINT,
    expires_ms BIGINT,                        -- of an offer
    ranking_id TEXT,                          -- the order from which it was offered
    loan_id TEXT,                             -- what it was served with
    closed_ms BIGINT,
    PRIMARY KEY (district_id, id)
);
-- A student has one open request at most.
CREATE UNIQUE INDEX lending_request_open ON lending_request (district_id, student_id) WHERE state IN ('waiting', 'offered');
CREATE INDEX lending_request_state ON lending_request (district_id, state, asked_ms);

CREATE TABLE lending_score (
    district_id TEXT NOT NULL REFERENCES district (id),
    version BIGINT NOT NULL,
    points TEXT NOT NULL,                     -- none 40, phone 25, …
    made_ms BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    PRIMARY KEY (district_id, version)
);

-- Each order from which something was offered: with the rule and the inputs anybody can work it out again.
CREATE TABLE lending_ranking (
    district_id TEXT NOT NULL REFERENCES district (id),
    id TEXT NOT NULL,
    made_ms BIGINT NOT NULL,
    version BIGINT NOT NULL,                  -- of the rule; 0: the one that the program comes with
    points TEXT NOT NULL,
    inputs TEXT NOT NULL,                     -- a line for each request, without names
    mark TEXT NOT NULL,                       -- SHA-256 of rule, time and inputs
    PRIMARY KEY (district_id, id)
);

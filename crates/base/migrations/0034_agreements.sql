-- What households agree to when they get a device, in versions, and what they signed. Written by the slice `lending`.
CREATE TABLE lending_agreement (
    district_id TEXT NOT NULL REFERENCES district (id),
    language TEXT NOT NULL,
    version BIGINT NOT NULL,
    body TEXT NOT NULL,
    made_ms BIGINT NOT NULL,
    made_by TEXT NOT NULL,                    -- account id
    PRIMARY KEY (district_id, language, version)
);

CREATE TABLE lending_signature (
    district_id TEXT NOT NULL REFERENCES district (id),
    id TEXT NOT NULL,
    loan_id TEXT NOT NULL,
    moment TEXT NOT NULL,                     -- out: at hand-over; in: at return
    name TEXT NOT NULL,                       -- as whoever signed typed it
    strokes TEXT,                             -- what was drawn, as the path of an SVG of 600 by 200; NULL: nothing was
    language TEXT NOT NULL,                   -- in which it was read
    version BIGINT,                           -- of the agreement; NULL: there was none
    signed_ms BIGINT NOT NULL,
    taken_by TEXT,                            -- account id of who held the tablet; NULL: on the household's own phone
    PRIMARY KEY (district_id, id)
);
CREATE UNIQUE INDEX lending_signature_once ON lending_signature (district_id, loan_id, moment);

-- Links by which somebody signs on an own phone.
CREATE TABLE lending_sign_link (
    district_id TEXT NOT NULL REFERENCES district (id),
    mark TEXT NOT NULL,                       -- digest of the secret in the link
    loan_id TEXT NOT NULL,
    moment TEXT NOT NULL,
    expires_ms BIGINT NOT NULL,
    PRIMARY KEY (district_id, mark)
);

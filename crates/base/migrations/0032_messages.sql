-- Notices by text message and e-mail: whom they may reach, their words, and each one from the wish to what became of it.
-- Written by the slice `lending`.
CREATE TABLE lending_contact (
    district_id TEXT NOT NULL REFERENCES district (id),
    student_id TEXT NOT NULL,
    way TEXT NOT NULL,                        -- text, email
    address TEXT NOT NULL,                    -- +12025550123, or an e-mail address in small letters
    language TEXT NOT NULL,                   -- en, es
    agreed_ms BIGINT NOT NULL,                -- since when the household wants notices there
    agreed_by TEXT,                           -- account id of who took it down; NULL: the household itself
    PRIMARY KEY (district_id, student_id)
);
CREATE INDEX lending_contact_address ON lending_contact (district_id, way, address);

-- Who wants no messages. It stays when the contact is removed.
CREATE TABLE message_stop (
    district_id TEXT NOT NULL REFERENCES district (id),
    way TEXT NOT NULL,
    address_mark TEXT NOT NULL,               -- SHA-256 of the address: the list names nobody
    stopped_ms BIGINT NOT NULL,
    PRIMARY KEY (district_id, way, address_mark)
);

CREATE TABLE message_setting (
    district_id TEXT NOT NULL REFERENCES district (id),
    name TEXT NOT NULL,                       -- automatic, zone, quiet_from, quiet_to, weekly, ahead_days, phone
    setting TEXT NOT NULL,
    changed_ms BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    PRIMARY KEY (district_id, name)
);

CREATE TABLE message_text (
    district_id TEXT NOT NULL REFERENCES district (id),
    kind TEXT NOT NULL,                       -- welcome, due, overdue, lost, unused, idle, offer, link
    language TEXT NOT NULL,
    version BIGINT NOT NULL,
    subject TEXT NOT NULL,                    -- of an e-mail
    body TEXT NOT NULL,                       -- with {day} and the like
    made_ms BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    approved_ms BIGINT,                       -- NULL: nobody has approved it, it is not sent
    approved_by TEXT,
    PRIMARY KEY (district_id, kind, language, version)
);

CREATE TABLE message (
    district_id TEXT NOT NULL REFERENCES district (id),
    id TEXT NOT NULL,
    message_key TEXT NOT NULL,                -- the same key is the same message, which is sent once
    kind TEXT NOT NULL,
    student_id TEXT NOT NULL,
    loan_id TEXT,
    way TEXT NOT NULL,
    address TEXT NOT NULL,
    language TEXT NOT NULL,
    facts TEXT NOT NULL,                      -- what its text is filled with
    version BIGINT,                           -- of the text, once it is filled
    subject TEXT,
    body TEXT,
    segments BIGINT,                          -- of a text message
    state TEXT NOT NULL,                      -- waiting, sending, sent, delivered, failed, unclear, dropped
    reason TEXT,                              -- why it failed, was dropped or waits
    attempts BIGINT NOT NULL DEFAULT 0,
    made_ms BIGINT NOT NULL,
    begin_ms BIGINT NOT NULL,                 -- not before this
    claimed_ms BIGINT,                        -- when sending it began last
    sent_ms BIGINT,                           -- when it was taken by whoever carries it
    delivered_ms BIGINT,
    carrier_id TEXT,                          -- what whoever carries it calls it
    PRIMARY KEY (district_id, id)
);
CREATE UNIQUE INDEX message_once ON message (district_id, message_key);
CREATE INDEX message_due ON message (state, begin_ms);
CREATE INDEX message_to ON message (district_id, address, sent_ms);
CREATE INDEX message_made ON message (district_id, made_ms);

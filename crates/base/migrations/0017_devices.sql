-- Devices that ask edges by a token, and whose they are. Written by the slice `filtering`.

CREATE TABLE filter_device (
    district_id TEXT NOT NULL REFERENCES district (id),
    id TEXT NOT NULL,
    device_key TEXT NOT NULL,                 -- by which the policy knows its token: 128 bits of SHA-256, hexadecimal
    way TEXT NOT NULL,                        -- token: one was made for it; serial: its token is made of its serial
    label TEXT NOT NULL,
    student_id TEXT,                          -- whose it is: a student's
    school_id TEXT,                           -- or a school's, for whoever uses it
    enrolled_ms BIGINT NOT NULL,
    enrolled_by TEXT NOT NULL,                -- account id
    changed_ms BIGINT NOT NULL,
    revoked_ms BIGINT,
    PRIMARY KEY (district_id, id),
    UNIQUE (district_id, device_key)
);

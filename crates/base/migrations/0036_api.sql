-- Programs that ask the interface, what was done for them, and receivers that are told. Written by the slice `lending`.
CREATE TABLE api_token (
    district_id TEXT NOT NULL REFERENCES district (id),
    id TEXT NOT NULL,
    name TEXT NOT NULL,                       -- what it is for
    scopes TEXT NOT NULL,                     -- devices loans scan lines requests help, those that it may
    mark TEXT NOT NULL,                       -- digest of the token
    made_ms BIGINT NOT NULL,
    made_by TEXT NOT NULL,                    -- account id
    used_ms BIGINT,                           -- when it was shown last, to the hour
    revoked_ms BIGINT,
    PRIMARY KEY (district_id, id)
);
CREATE UNIQUE INDEX api_token_mark ON api_token (mark);

-- A deed that is sent again with the same key is done once, and answered as the first time.
CREATE TABLE lending_answered (
    district_id TEXT NOT NULL REFERENCES district (id),
    deed_key TEXT NOT NULL,                   -- chosen by whoever sends it
    deed_mark TEXT NOT NULL,                  -- digest of what was sent: the same key with something else is refused
    answer TEXT NOT NULL,                     -- JSON
    done_ms BIGINT NOT NULL,
    PRIMARY KEY (district_id, deed_key)
);

CREATE TABLE webhook (
    district_id TEXT NOT NULL REFERENCES district (id),
    id TEXT NOT NULL,
    url TEXT NOT NULL,
    secret TEXT NOT NULL,                     -- with which what is sent is signed
    events TEXT NOT NULL,                     -- actions of the audit log: loan.out loan.in
    seen_seq BIGINT NOT NULL,                 -- of the audit log: what came after this is still to be sent
    failed BIGINT NOT NULL,                   -- tries in a row that failed
    begin_ms BIGINT NOT NULL,                 -- not before this
    told_ms BIGINT,                           -- when the receiver took something last
    made_ms BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    stopped_ms BIGINT,                        -- by a person, or after too many failures
    PRIMARY KEY (district_id, id)
);

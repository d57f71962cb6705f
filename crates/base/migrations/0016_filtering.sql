-- Names that were blocked and asked for, and what was answered. Written by the slice `filtering`.

CREATE TABLE filter_answer (
    district_id TEXT NOT NULL REFERENCES district (id),
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    ruling TEXT NOT NULL,                     -- allow, keep
    school_id TEXT,                           -- for whom; everybody in the district when both are NULL
    section_id TEXT,
    ends_ms BIGINT,                           -- NULL: until it is undone
    reason TEXT NOT NULL,
    requests BIGINT NOT NULL,                 -- how many it answered
    answered_ms BIGINT NOT NULL,
    answered_by TEXT NOT NULL,                -- account id
    undone_ms BIGINT,
    undone_by TEXT,
    PRIMARY KEY (district_id, id)
);

-- Nobody is named: who asked is not known.
CREATE TABLE filter_request (
    district_id TEXT NOT NULL REFERENCES district (id),
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    category TEXT NOT NULL,                   -- for which it was blocked; empty when by a rule, or not known
    policy BIGINT NOT NULL,                   -- the version that blocked it; 0 when none was published
    school_id TEXT,                           -- the school of the place that asked, when it is known
    reason TEXT NOT NULL,
    asked_ms BIGINT NOT NULL,
    answer_id TEXT,                           -- NULL: open
    PRIMARY KEY (district_id, id)
);
CREATE INDEX filter_request_open ON filter_request (district_id, answer_id, name);

-- Each policy that was published, for everybody. Written by the slice `filtering`.
CREATE TABLE policy_version (
    version BIGINT PRIMARY KEY NOT NULL,
    digest TEXT NOT NULL,                     -- of the snapshot, in hexadecimal
    created_s BIGINT NOT NULL,                -- seconds since 1970 UTC, as in the snapshot
    mark TEXT NOT NULL,                       -- digest of all that it was made of
    octets BIGINT NOT NULL,
    devices BIGINT NOT NULL,
    policies BIGINT NOT NULL,
    lists_json TEXT NOT NULL,                 -- name, category, version and names of each list
    answers BIGINT NOT NULL                   -- how many answers from the portal are in it
);

-- The edges that fetch it.
CREATE TABLE edge (
    district_id TEXT NOT NULL REFERENCES district (id),
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    made_ms BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    seen_ms BIGINT,                           -- when it last asked
    seen_version BIGINT,                      -- which policy it then had
    revoked_ms BIGINT,
    PRIMARY KEY (district_id, id)
);

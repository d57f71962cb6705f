-- Work that takes long. A row is written in the transaction of the change that asks for the work.

CREATE TABLE job (
    id TEXT PRIMARY KEY NOT NULL,
    district_id TEXT REFERENCES district (id),  -- NULL: the whole installation
    kind TEXT NOT NULL,                       -- a row of the table in jobs.rs
    key TEXT NOT NULL,                        -- the same work asked for twice is one job
    payload TEXT NOT NULL,                    -- JSON
    state TEXT NOT NULL,                      -- waiting, running, done, failed
    attempts BIGINT NOT NULL DEFAULT 0,       -- since the last checkpoint
    run_after_ms BIGINT NOT NULL,
    lease_owner TEXT,                         -- who works on it
    lease_until_ms BIGINT,                    -- after this, somebody else may
    checkpoint TEXT,                          -- where to go on after a stop
    done BIGINT NOT NULL DEFAULT 0,
    total BIGINT NOT NULL DEFAULT 0,          -- 0: not known
    note TEXT,                                -- key of a message: what is being done
    error TEXT,                               -- key of a message: why it stopped last
    error_detail TEXT,                        -- a file name, a count; never a person's data
    created_ms BIGINT NOT NULL,
    started_ms BIGINT,
    finished_ms BIGINT,
    UNIQUE (kind, key)
);
CREATE INDEX job_next ON job (state, run_after_ms);
CREATE INDEX job_district ON job (district_id, created_ms);

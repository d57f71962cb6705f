-- Who did and who looked at what. Rows are only ever added; each carries the digest of the one before.

-- The end of the chain. Its one row is locked by whoever adds an entry.
CREATE TABLE audit_head (
    id BIGINT PRIMARY KEY NOT NULL CHECK (id = 1),
    chain TEXT NOT NULL,                      -- names this installation's chain; set when it is first opened
    seq BIGINT NOT NULL,
    digest TEXT NOT NULL
);
INSERT INTO audit_head (id, chain, seq, digest) VALUES (1, '', 0, '');

CREATE TABLE audit_entry (
    seq BIGINT PRIMARY KEY NOT NULL,          -- 1, 2, 3, … without gaps
    at_ms BIGINT NOT NULL,
    district_id TEXT,                         -- NULL: the whole installation
    account_id TEXT,                          -- NULL: the program itself
    action TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    detail TEXT NOT NULL,                     -- JSON; ids and counts only
    previous TEXT NOT NULL,
    digest TEXT NOT NULL                      -- SHA-256, in hexadecimal
);
CREATE INDEX audit_entry_district ON audit_entry (district_id, seq);

-- Entries that came with a district from another installation; they belong to that one's chain.
CREATE TABLE audit_moved (
    chain TEXT NOT NULL,
    seq BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    district_id TEXT NOT NULL,
    account_id TEXT,
    action TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    detail TEXT NOT NULL,
    previous TEXT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (chain, seq)
);
CREATE INDEX audit_moved_district ON audit_moved (district_id, chain, seq);

-- Accounts, their roles, sessions and ways to sign in. Secrets are kept as SHA-256 digests only.

CREATE TABLE installation (
    id BIGINT PRIMARY KEY NOT NULL,           -- always 1: set-up succeeds once
    set_up_ms BIGINT NOT NULL
);

CREATE TABLE account (
    id TEXT PRIMARY KEY NOT NULL,
    email TEXT NOT NULL UNIQUE,               -- lower case
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL DEFAULT '',   -- PHC string; empty: no password was set
    disabled BIGINT NOT NULL DEFAULT 0,
    created_ms BIGINT NOT NULL
);

CREATE TABLE account_role (
    account_id TEXT NOT NULL REFERENCES account (id),
    district_id TEXT NOT NULL,                -- LEAID, or * for every district
    role TEXT NOT NULL,
    granted_ms BIGINT NOT NULL,
    PRIMARY KEY (account_id, district_id, role)
);
CREATE INDEX account_role_district ON account_role (district_id);

CREATE TABLE account_identity (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    account_id TEXT NOT NULL REFERENCES account (id),
    linked_ms BIGINT NOT NULL,
    PRIMARY KEY (issuer, subject)
);

-- One-time links: an invitation, or a new password.
CREATE TABLE account_link (
    token_hash TEXT PRIMARY KEY NOT NULL,
    account_id TEXT NOT NULL REFERENCES account (id),
    purpose TEXT NOT NULL,                    -- invite | reset
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL
);
CREATE INDEX account_link_account ON account_link (account_id);

CREATE TABLE session (
    token_hash TEXT PRIMARY KEY NOT NULL,
    account_id TEXT NOT NULL REFERENCES account (id),
    created_ms BIGINT NOT NULL,
    seen_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL
);
CREATE INDEX session_account ON session (account_id);

-- A sign-in by OpenID Connect that has begun and not come back yet.
CREATE TABLE sign_in_flow (
    state_hash TEXT PRIMARY KEY NOT NULL,
    browser_hash TEXT NOT NULL,               -- of the browser that began it
    provider TEXT NOT NULL,
    nonce TEXT NOT NULL,
    verifier TEXT NOT NULL,                   -- PKCE
    next_path TEXT NOT NULL,
    created_ms BIGINT NOT NULL
);

-- Links by which a household comes to its own page: it asked for one with its number or address. Written by the slice `lending`.
CREATE TABLE lending_link (
    district_id TEXT NOT NULL REFERENCES district (id),
    mark TEXT NOT NULL,                       -- digest of the secret in the link
    way TEXT NOT NULL,
    address TEXT NOT NULL,
    expires_ms BIGINT NOT NULL,
    PRIMARY KEY (district_id, mark)
);

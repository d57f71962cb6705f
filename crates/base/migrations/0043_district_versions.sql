-- The versions of the policy as a district's evidence tells them: those that changed something for the district, and those that one of its edges
-- said that it has, with the texts by which each can be explained when its file is gone. They move with the district. Nothing here is ever
-- removed. Written by the slice `filtering`.

CREATE TABLE filter_version (
    district_id TEXT NOT NULL REFERENCES district (id),
    version BIGINT NOT NULL,
    digest TEXT NOT NULL,                     -- of the snapshot, in hexadecimal
    created_s BIGINT NOT NULL,                -- seconds since 1970 UTC, as in the snapshot
    lists_json TEXT NOT NULL,                 -- name, category, version and names of each list
    settings_id TEXT NOT NULL,                -- of the text in filter_text; empty for a version of an earlier release
    answers_id TEXT NOT NULL,
    PRIMARY KEY (district_id, version)
);

CREATE TABLE filter_text (
    district_id TEXT NOT NULL REFERENCES district (id),
    id TEXT NOT NULL,                         -- SHA-256 of the text, hexadecimal
    body TEXT NOT NULL,                       -- the text by zlib and Base64
    PRIMARY KEY (district_id, id)
);

INSERT INTO filter_version (district_id, version, digest, created_s, lists_json, settings_id, answers_id)
    SELECT d.id, v.version, v.digest, v.created_s, v.lists_json, '', '' FROM policy_version v CROSS JOIN district d
    WHERE EXISTS (SELECT 1 FROM filter_device_measure m WHERE m.district_id = d.id)
    OR EXISTS (SELECT 1 FROM edge e WHERE e.district_id = d.id);

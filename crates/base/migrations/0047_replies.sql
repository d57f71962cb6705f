-- What families wrote back, for people to read. Written by the slice `lending`.
CREATE TABLE message_reply (
    district_id TEXT NOT NULL REFERENCES district (id),
    id TEXT NOT NULL,
    student_id TEXT NOT NULL,                 -- one of those whose household has the number
    said TEXT NOT NULL,                       -- in their own words
    got_ms BIGINT NOT NULL,
    read_ms BIGINT,                           -- NULL: nobody has answered it
    read_by TEXT,                             -- account id
    PRIMARY KEY (district_id, id)
);
CREATE INDEX message_reply_got ON message_reply (district_id, got_ms);

-- Who lives together: by the address, unless staff said otherwise.

-- Street and ZIP code in one form, so that "12 Elm Street" and "12 ELM ST." are one home; NULL: the source gives no house. Written by the
-- slice `roster`; until the next roster is loaded it is only the text as it stands.
ALTER TABLE student ADD COLUMN home_key TEXT;
UPDATE student SET home_key = lower(street) || ' ' || zip WHERE street IS NOT NULL AND zip IS NOT NULL;
CREATE INDEX student_by_home ON student (district_id, home_key);

-- What staff said of a student's household. Written by the slice `lending`.
CREATE TABLE lending_household (
    district_id TEXT NOT NULL REFERENCES district (id),
    student_id TEXT NOT NULL,
    home TEXT NOT NULL,                       -- a key of a home as in `student`, or one of her own
    said_ms BIGINT NOT NULL,
    said_by TEXT NOT NULL,                    -- account id
    PRIMARY KEY (district_id, student_id)
);
CREATE INDEX lending_household_home ON lending_household (district_id, home);

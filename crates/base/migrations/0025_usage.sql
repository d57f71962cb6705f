-- How much data lines used, as carriers say. Written by the slice `lending`.

CREATE TABLE carrier_usage (
    district_id TEXT NOT NULL REFERENCES district (id),
    line_id TEXT NOT NULL,
    to_on TEXT NOT NULL,                      -- the last day that is meant, 2027-06-01
    counting TEXT NOT NULL,                   -- within: in the days of the row; since: since the carrier's cycle began
    from_on TEXT NOT NULL,                    -- the first day that is meant
    octets BIGINT NOT NULL,
    loaded_ms BIGINT NOT NULL,
    PRIMARY KEY (district_id, line_id, to_on, counting)
);

ALTER TABLE carrier_line ADD COLUMN counted_from TEXT;   -- from this day on use counts: the loan began, or the household said that it is used again
ALTER TABLE carrier_line ADD COLUMN used_on TEXT;        -- the last day on which it perhaps was used
ALTER TABLE carrier_line ADD COLUMN known_to TEXT;       -- the last day of which anything is known
ALTER TABLE carrier_line ADD COLUMN idle_days BIGINT NOT NULL DEFAULT 0;  -- days since then that are known to be without use

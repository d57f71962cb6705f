-- What the records of lending must keep so that nothing said of them later is wrong. Written by the slice `lending`.

-- Two files may speak of different days that end on the same one: a week, and its last day. Neither takes the other's place.
CREATE TABLE carrier_usage_by_days (
    district_id TEXT NOT NULL REFERENCES district (id),
    line_id TEXT NOT NULL,
    to_on TEXT NOT NULL,                      -- the last day that is meant, 2027-06-01
    counting TEXT NOT NULL,                   -- within: in the days of the row; since: since the carrier's cycle began
    from_on TEXT NOT NULL,                    -- the first day that is meant
    octets BIGINT NOT NULL,
    loaded_ms BIGINT NOT NULL,
    PRIMARY KEY (district_id, line_id, to_on, from_on, counting)
);
INSERT INTO carrier_usage_by_days (district_id, line_id, to_on, counting, from_on, octets, loaded_ms)
    SELECT district_id, line_id, to_on, counting, from_on, octets, loaded_ms FROM carrier_usage;
DROP TABLE carrier_usage;
ALTER TABLE carrier_usage_by_days RENAME TO carrier_usage;

-- Until when a household was told that it has time. Shorter rules do not shorten it.
ALTER TABLE lending_notice ADD COLUMN until_ms BIGINT;
UPDATE lending_notice SET until_ms = told_ms + 86400000 * COALESCE((SELECT r.setting FROM lending_rule r
    WHERE r.district_id = lending_notice.district_id
    AND r.rule = CASE WHEN lending_notice.cause = 'unused' THEN 'help_days' ELSE 'grace_days' END),
    CASE WHEN cause = 'unused' THEN 7 ELSE 14 END);

-- Which card was in which device from when to when.
CREATE TABLE lending_card (
    district_id TEXT NOT NULL REFERENCES district (id),
    id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    iccid TEXT NOT NULL,
    put_ms BIGINT NOT NULL,
    taken_ms BIGINT,                          -- NULL: it is in it still
    PRIMARY KEY (district_id, id)
);
CREATE INDEX lending_card_device ON lending_card (district_id, device_id, put_ms);
-- What was in a device before its card of today is known for its loans alone.
INSERT INTO lending_card (district_id, id, device_id, iccid, put_ms, taken_ms)
    SELECT n.district_id, n.id, n.device_id, n.iccid, n.out_ms, COALESCE(n.in_ms, n.gone_ms, d.changed_ms)
    FROM lending_loan n JOIN lending_device d ON d.district_id = n.district_id AND d.id = n.device_id
    WHERE n.iccid IS NOT NULL AND n.undone_ms IS NULL AND (d.iccid IS NULL OR d.iccid <> n.iccid);
INSERT INTO lending_card (district_id, id, device_id, iccid, put_ms, taken_ms)
    SELECT d.district_id, d.id, d.id, d.iccid,
        COALESCE((SELECT MAX(COALESCE(n.in_ms, n.gone_ms, d.changed_ms)) FROM lending_loan n
            WHERE n.district_id = d.district_id AND n.device_id = d.id AND n.undone_ms IS NULL
            AND n.iccid IS NOT NULL AND n.iccid <> d.iccid), d.added_ms), NULL
    FROM lending_device d WHERE d.iccid IS NOT NULL;

-- What carriers were seen to do with lines, from when on and when last. The last of a line is in `carrier_line`, too.
CREATE TABLE carrier_seen (
    district_id TEXT NOT NULL REFERENCES district (id),
    line_id TEXT NOT NULL,
    from_ms BIGINT NOT NULL,
    observed TEXT NOT NULL,                   -- active, suspended, ended
    to_ms BIGINT,                             -- when it was seen so last; NULL: nothing else was seen since
    PRIMARY KEY (district_id, line_id, from_ms)
);
INSERT INTO carrier_seen (district_id, line_id, from_ms, observed, to_ms)
    SELECT district_id, id, observed_ms, observed, NULL FROM carrier_line
    WHERE observed_ms IS NOT NULL AND observed <> 'unknown';

-- What people did at the counter, so that the last of it can be undone as a whole.
CREATE TABLE lending_deed (
    district_id TEXT NOT NULL REFERENCES district (id),
    id TEXT NOT NULL,
    done_ms BIGINT NOT NULL,
    done_by TEXT NOT NULL,                    -- account id
    deed TEXT NOT NULL,                       -- out, in, swap, renew, lost, found, noted
    device_id TEXT NOT NULL,
    loan_id TEXT NOT NULL,
    other_device_id TEXT,                     -- of a swap: what came back
    other_loan_id TEXT,
    earlier TEXT,                             -- what the deed took the place of: the last day, since when it was lost
    undone_ms BIGINT,
    PRIMARY KEY (district_id, id)
);
CREATE INDEX lending_deed_by ON lending_deed (district_id, done_by, done_ms);
CREATE INDEX lending_deed_device ON lending_deed (district_id, device_id, done_ms);

-- What a district lends: devices, and the carriers' lines of the cards in them. Written by the slice `lending`.

CREATE TABLE lending_device (
    district_id TEXT NOT NULL REFERENCES district (id),
    id TEXT NOT NULL,
    barcode TEXT NOT NULL,                    -- what the counter scans
    kind TEXT NOT NULL,                       -- hotspot, laptop, tablet, modem, router, other (47 CFR 54.1715(a)(1)(i))
    make TEXT NOT NULL,
    model TEXT NOT NULL,
    serial TEXT,
    imei TEXT,                                -- 15 digits
    iccid TEXT,                               -- the card in it, 19 or 20 digits
    funding TEXT NOT NULL,                    -- who paid for it
    cost_cents BIGINT,
    condition TEXT NOT NULL,                  -- new, good, fair, poor, broken
    location TEXT NOT NULL,
    search_key TEXT NOT NULL,                 -- all that people look for it by, in small letters
    state TEXT NOT NULL,                      -- here, lent, lost, repair, retired
    added_ms BIGINT NOT NULL,
    changed_ms BIGINT NOT NULL,
    changed_by TEXT NOT NULL,                 -- account id
    PRIMARY KEY (district_id, id)
);
CREATE UNIQUE INDEX lending_device_barcode ON lending_device (district_id, barcode);
CREATE UNIQUE INDEX lending_device_serial ON lending_device (district_id, serial);
CREATE UNIQUE INDEX lending_device_imei ON lending_device (district_id, imei);
CREATE UNIQUE INDEX lending_device_iccid ON lending_device (district_id, iccid);

CREATE TABLE carrier_line (
    district_id TEXT NOT NULL REFERENCES district (id),
    id TEXT NOT NULL,
    iccid TEXT NOT NULL,                      -- of its card
    line_number TEXT,                         -- 10 digits
    carrier TEXT NOT NULL,
    plan TEXT NOT NULL,
    wanted TEXT NOT NULL,                     -- active, parked (nobody has it), suspended (somebody has it), ended
    wanted_ms BIGINT NOT NULL,                -- since when
    observed TEXT NOT NULL,                   -- active, suspended, ended, unknown: what the carrier said last
    observed_ms BIGINT,                       -- as of when; NULL: it has said nothing
    hold_reason TEXT,                         -- why staff keep it active without a loan
    hold_by TEXT,                             -- account id
    added_ms BIGINT NOT NULL,
    PRIMARY KEY (district_id, id)
);
CREATE UNIQUE INDEX carrier_line_iccid ON carrier_line (district_id, iccid);
CREATE UNIQUE INDEX carrier_line_number ON carrier_line (district_id, line_number);

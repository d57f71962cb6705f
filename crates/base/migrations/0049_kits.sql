-- What is handed over with a device, and what of it did not come back. Written by the slice `lending`.
CREATE TABLE lending_part (
    district_id TEXT NOT NULL REFERENCES district (id),
    id TEXT NOT NULL,
    name TEXT NOT NULL,                       -- case, charger, cable
    spares BIGINT NOT NULL,                   -- how many lie in store
    changed_ms BIGINT NOT NULL,
    changed_by TEXT NOT NULL,                 -- account id
    PRIMARY KEY (district_id, id)
);
CREATE UNIQUE INDEX lending_part_name ON lending_part (district_id, name);

CREATE TABLE lending_kit (
    district_id TEXT NOT NULL REFERENCES district (id),
    kind TEXT NOT NULL,                       -- hotspot, laptop, …
    model TEXT NOT NULL,                      -- '': all models of the kind that have no kit of their own
    part_id TEXT NOT NULL,
    PRIMARY KEY (district_id, kind, model, part_id)
);

-- What went out with a loan, by the kit of that day.
CREATE TABLE lending_loan_part (
    district_id TEXT NOT NULL REFERENCES district (id),
    loan_id TEXT NOT NULL,
    part TEXT NOT NULL,                       -- its name then
    missing BIGINT NOT NULL,                  -- 1: it did not come back
    PRIMARY KEY (district_id, loan_id, part)
);

-- What a device is without now.
CREATE TABLE lending_device_missing (
    district_id TEXT NOT NULL REFERENCES district (id),
    device_id TEXT NOT NULL,
    part TEXT NOT NULL,
    loan_id TEXT NOT NULL,                    -- since whose return
    PRIMARY KEY (district_id, device_id, part)
);

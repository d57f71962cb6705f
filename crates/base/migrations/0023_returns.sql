-- What else may become of a loan. Written by the slice `lending`.

ALTER TABLE lending_loan ADD COLUMN damaged_ms BIGINT;   -- when the device was said to be damaged
ALTER TABLE lending_loan ADD COLUMN missing TEXT;        -- what did not come back with it
ALTER TABLE lending_loan ADD COLUMN gone_ms BIGINT;      -- when the device was given up as lost: the loan is over

DROP INDEX lending_loan_open;
CREATE UNIQUE INDEX lending_loan_open ON lending_loan (district_id, device_id)
    WHERE in_ms IS NULL AND undone_ms IS NULL AND gone_ms IS NULL;

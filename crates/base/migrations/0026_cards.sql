-- Which card was in a device when it was lent: it may be in another one since. Written by the slice `lending`.

ALTER TABLE lending_loan ADD COLUMN iccid TEXT;
UPDATE lending_loan SET iccid = (SELECT d.iccid FROM lending_device d WHERE d.district_id = lending_loan.district_id
    AND d.id = lending_loan.device_id);

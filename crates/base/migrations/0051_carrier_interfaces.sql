-- What a carrier calls an order, when it told by itself what became of it, and when it was asked last how much data a line used.
ALTER TABLE carrier_order ADD COLUMN request_id TEXT;
ALTER TABLE carrier_order ADD COLUMN told_ms BIGINT;
ALTER TABLE carrier_line ADD COLUMN use_asked_ms BIGINT;
CREATE INDEX carrier_order_request ON carrier_order (district_id, request_id);

-- Which programmes' rules a district checks its lending by, and its own. Written by the slice `lending`.

CREATE TABLE lending_rule_set (
    district_id TEXT NOT NULL REFERENCES district (id),
    rule_set TEXT NOT NULL,                   -- ecf, erate, local
    checked BIGINT NOT NULL,                  -- 1: it is checked
    fund TEXT NOT NULL,                       -- of devices whose funding source has this text; empty: of all
    from_on TEXT,                             -- of the local one: the days on which it holds; NULL: no end
    until_on TEXT,
    limits TEXT NOT NULL,                     -- of the local one: idle_days 60, notice_days 30, …
    changed_ms BIGINT NOT NULL,
    changed_by TEXT NOT NULL,                 -- account id
    PRIMARY KEY (district_id, rule_set)
);

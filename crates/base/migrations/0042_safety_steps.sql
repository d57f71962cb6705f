-- Each time that a step of the safety policy was written down: a hearing of an earlier year is not forgotten. Nothing here is
-- ever removed. Written by the slice `filtering`.

CREATE TABLE safety_step_entry (
    district_id TEXT NOT NULL REFERENCES district (id),
    step TEXT NOT NULL,
    changed_ms BIGINT NOT NULL,
    done_on TEXT NOT NULL,
    note TEXT NOT NULL,
    changed_by TEXT NOT NULL,
    PRIMARY KEY (district_id, step, changed_ms)
);
INSERT INTO safety_step_entry (district_id, step, changed_ms, done_on, note, changed_by)
    SELECT district_id, step, changed_ms, done_on, note, changed_by FROM safety_step;
DROP TABLE safety_step;

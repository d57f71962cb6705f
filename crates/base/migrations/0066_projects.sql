-- Projects: from a plan to a community that carries it out. Written by the slice `projects`.
CREATE TABLE project (
    district_id TEXT NOT NULL REFERENCES district (id),
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    manager TEXT NOT NULL,                    -- who answers for it
    begins_on TEXT NOT NULL,                  -- the day, 2026-12-01
    vision TEXT NOT NULL,
    made_ms BIGINT NOT NULL,
    changed_ms BIGINT NOT NULL,
    changed_by TEXT NOT NULL,                 -- account id
    removed_ms BIGINT,
    PRIMARY KEY (district_id, id)
);

-- What is written down in its registers. A number is never given twice: what is taken out stays.
CREATE TABLE project_entry (
    district_id TEXT NOT NULL REFERENCES district (id),
    project_id TEXT NOT NULL,
    register TEXT NOT NULL,                   -- aim, member, resource, …
    number BIGINT NOT NULL,
    values_json TEXT NOT NULL,                -- {"name": …}
    changed_ms BIGINT NOT NULL,
    changed_by TEXT NOT NULL,                 -- account id
    removed_ms BIGINT,
    PRIMARY KEY (district_id, project_id, register, number)
);

-- Progress reports. One that was approved is never changed.
CREATE TABLE project_report (
    district_id TEXT NOT NULL REFERENCES district (id),
    project_id TEXT NOT NULL,
    number BIGINT NOT NULL,                   -- from 1
    from_on TEXT NOT NULL,
    to_on TEXT NOT NULL,
    facts_json TEXT NOT NULL,                 -- as they were when it was drafted
    body TEXT NOT NULL,
    drafted_ms BIGINT NOT NULL,
    changed_ms BIGINT NOT NULL,
    approved_ms BIGINT,                       -- NULL: a draft
    approved_by TEXT,                         -- account id
    PRIMARY KEY (district_id, project_id, number)
);
CREATE UNIQUE INDEX project_report_period ON project_report (district_id, project_id, to_on);

-- Scenarios, their files, and the plans found for them. Demand is places and counts: no student is in these tables.
-- Written by the slice `plans`.

CREATE TABLE plan_scenario (
    district_id TEXT NOT NULL REFERENCES district (id),
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    settings_json TEXT NOT NULL,              -- what its pages say, and prices of its own
    revision BIGINT NOT NULL,                 -- one more with each change
    check_json TEXT,                          -- what reading it with all files came to; NULL: not read since the last change
    made_ms BIGINT NOT NULL,
    changed_ms BIGINT NOT NULL,
    changed_by TEXT NOT NULL,                 -- account id, or the command
    removed_ms BIGINT,                        -- until it is deleted for good, it can be brought back
    PRIMARY KEY (district_id, id)
);

CREATE TABLE plan_file (
    district_id TEXT NOT NULL REFERENCES district (id),
    scenario_id TEXT NOT NULL,
    slot TEXT NOT NULL,                       -- students, anchors, offers, …
    name TEXT NOT NULL,                       -- as the person's own file is called
    size BIGINT NOT NULL,                     -- octets
    digest TEXT NOT NULL,                     -- SHA-256, hexadecimal
    stored_ms BIGINT NOT NULL,
    PRIMARY KEY (district_id, scenario_id, slot)
);

CREATE TABLE plan_file_part (
    district_id TEXT NOT NULL REFERENCES district (id),
    scenario_id TEXT NOT NULL,
    slot TEXT NOT NULL,
    part BIGINT NOT NULL,
    body TEXT NOT NULL,                       -- base64
    PRIMARY KEY (district_id, scenario_id, slot, part)
);

-- A search for the best plans of a scenario as it was then.
CREATE TABLE plan_run (
    district_id TEXT NOT NULL REFERENCES district (id),
    id TEXT NOT NULL,
    scenario_id TEXT NOT NULL,
    revision BIGINT NOT NULL,                 -- of the scenario
    state TEXT NOT NULL,                      -- open, stopping, stopped, done, failed
    job_id TEXT NOT NULL,
    seconds BIGINT NOT NULL,                  -- for each budget at most
    progress_json TEXT,                       -- objective, bound and gap of the budget at work
    made_ms BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    PRIMARY KEY (district_id, id)
);
CREATE INDEX plan_run_latest ON plan_run (district_id, scenario_id, made_ms);

-- The folder that was solved: demand.csv, options.csv, covers.csv, facts.json, as a zip archive.
CREATE TABLE plan_run_part (
    district_id TEXT NOT NULL REFERENCES district (id),
    run_id TEXT NOT NULL,
    part BIGINT NOT NULL,
    body TEXT NOT NULL,                       -- base64
    PRIMARY KEY (district_id, run_id, part)
);

-- One budget of a run. Without a certificate it is still to be solved.
CREATE TABLE plan_answer (
    district_id TEXT NOT NULL REFERENCES district (id),
    run_id TEXT NOT NULL,
    step BIGINT NOT NULL,                     -- place in the ladder, from the smallest
    chosen BIGINT NOT NULL,                   -- 1: the scenario's own budget
    budget_json TEXT NOT NULL,                -- cents of each year
    instance_toml TEXT NOT NULL,
    certificate_json TEXT,
    report_json TEXT,
    finished BIGINT NOT NULL,                 -- 1: solved as well as asked for; a plan may be there before
    solved_ms BIGINT,
    PRIMARY KEY (district_id, run_id, step)
);

-- Which plan the district goes by.
CREATE TABLE plan_acceptance (
    district_id TEXT NOT NULL REFERENCES district (id),
    id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    step BIGINT NOT NULL,
    outbox_id TEXT NOT NULL,
    accepted_ms BIGINT NOT NULL,
    accepted_by TEXT NOT NULL,
    undone_ms BIGINT,
    PRIMARY KEY (district_id, id)
);

-- Facts that a slice leaves for others. Whoever reads one for good says when.
CREATE TABLE outbox (
    district_id TEXT NOT NULL REFERENCES district (id),
    id TEXT NOT NULL,
    kind TEXT NOT NULL,                       -- plan.accepted
    body_json TEXT NOT NULL,
    made_ms BIGINT NOT NULL,
    read_ms BIGINT,
    undone_ms BIGINT,                         -- taken back before anybody had read it
    PRIMARY KEY (district_id, id)
);

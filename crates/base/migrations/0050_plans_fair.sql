-- Whether a search gives every group as much as every group can have (1), known once the scenario is read.
ALTER TABLE plan_run ADD COLUMN fair BIGINT NOT NULL DEFAULT 0;

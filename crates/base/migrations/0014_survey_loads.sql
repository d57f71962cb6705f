-- An uploaded file of answers can be removed, and put back: its answers are kept, and count no longer.

ALTER TABLE survey_load ADD COLUMN removed_ms BIGINT;  -- NULL: it counts
ALTER TABLE survey_answer ADD COLUMN load_id TEXT;     -- NULL: it came by the form or on paper
-- Ids sort by time, and a load's id is made just before those of its answers.
UPDATE survey_answer SET load_id = (SELECT MAX(l.id) FROM survey_load l
        WHERE l.district_id = survey_answer.district_id AND l.id < survey_answer.id)
    WHERE source = 'upload';

CREATE VIEW survey_answer_now AS SELECT * FROM survey_answer a
    WHERE a.load_id IS NULL
    OR a.load_id NOT IN (SELECT r.id FROM survey_load r WHERE r.removed_ms IS NOT NULL);

-- Files that could not be described are delivered all the same, and counted. Without an index the
-- count would go through the results of every step.
CREATE INDEX step_undescribed ON step (record) WHERE step = 'undescribed';

-- The first so many jobs are done: each leaves a dead entry at the head of the claim's index.
-- Index: primary key.
UPDATE queue_job SET state = 'completed', finished_at = statement_timestamp() WHERE id <= %(count)s

-- A batch grows by what an enqueue added to it; one that had ended runs again.
-- Index: primary key.
UPDATE queue_batch SET
    total_units = total_units + %(units)s, skipped_units = skipped_units + %(skipped)s,
    state = CASE WHEN %(units)s > 0 THEN 'running' ELSE state END,
    finished_at = CASE WHEN %(units)s > 0 THEN NULL ELSE finished_at END
WHERE id = %(batch)s

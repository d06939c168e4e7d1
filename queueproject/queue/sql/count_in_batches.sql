-- Batch counters move in the jobs' own transaction, batches by id.
-- Index: primary key.
UPDATE queue_batch b SET
    completed_units = completed_units + d.completed,
    failed_units = failed_units + d.failed,
    cancelled_units = cancelled_units + d.cancelled
FROM (
    SELECT locked.id, delta.completed, delta.failed, delta.cancelled
    FROM (SELECT id FROM queue_batch WHERE id = ANY (%(ids)s::bigint[]) ORDER BY id FOR NO KEY UPDATE) locked
    JOIN unnest(%(ids)s::bigint[], %(completed)s::bigint[], %(failed)s::bigint[], %(cancelled)s::bigint[])
         AS delta(id, completed, failed, cancelled) ON delta.id = locked.id
) d
WHERE b.id = d.id

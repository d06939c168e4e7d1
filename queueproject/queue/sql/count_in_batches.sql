-- Batch counters move in the jobs' own transaction, batches by id; what a job passed on, another brought along.
-- Index: primary key.
UPDATE queue_batch b SET
    total_units = total_units - d.passed_on,
    completed_units = completed_units + d.completed,
    failed_units = failed_units + d.failed,
    cancelled_units = cancelled_units + d.cancelled
FROM (
    SELECT locked.id, delta.completed, delta.failed, delta.cancelled, delta.passed_on
    FROM (SELECT id FROM queue_batch WHERE id = ANY (%(ids)s::bigint[]) ORDER BY id FOR NO KEY UPDATE) locked
    JOIN unnest(%(ids)s::bigint[], %(completed)s::bigint[], %(failed)s::bigint[], %(cancelled)s::bigint[],
                %(passed_on)s::bigint[])
         AS delta(id, completed, failed, cancelled, passed_on) ON delta.id = locked.id
) d
WHERE b.id = d.id
RETURNING b.id, b.completed_units + b.failed_units + b.cancelled_units >= b.total_units AS through,
          (b.max_in_flight IS NOT NULL AND NOT b.paused) AS limited

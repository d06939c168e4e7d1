-- Of batches with a limit in flight, as many held rows as fit come out, in rank order.
-- Indexes: job_held, in its order; job_in_batch, primary key.
UPDATE queue_job SET held = NULL
WHERE id = ANY (ARRAY(
    SELECT next.id
    FROM queue_batch b
    CROSS JOIN LATERAL (
        SELECT j.id FROM queue_job j
        WHERE j.batch_id = b.id AND j.state IN ('pending', 'scheduled', 'rate_limited') AND j.held = 'in_flight'
        ORDER BY j.sort_key, j.id
        LIMIT greatest(0, b.max_in_flight - (
            SELECT count(*) FROM queue_job o
            WHERE o.batch_id = b.id AND o.state IN ('pending', 'scheduled', 'rate_limited', 'processing')
              AND o.held IS NULL))
        FOR NO KEY UPDATE SKIP LOCKED
    ) next
    WHERE b.id = ANY (%(batches)s::bigint[]) AND b.max_in_flight IS NOT NULL AND NOT b.paused
))
RETURNING provider_id, sort_key

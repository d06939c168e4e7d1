-- Whatever of these jobs is not finished is cancelled, in id order; a mark to run again is cleared.
-- Index: primary key, by array.
UPDATE queue_job SET
    state = 'cancelled', finished_at = statement_timestamp(), held = NULL, rerun = false,
    lease_token = NULL, worker_id = NULL, last_error = %(reason)s
WHERE id = ANY (ARRAY(
    SELECT id FROM queue_job
    WHERE id = ANY (%(ids)s::bigint[]) AND state IN ('pending', 'scheduled', 'rate_limited', 'processing')
    ORDER BY id
    FOR NO KEY UPDATE
))
RETURNING id, batch_id, units, false AS reran

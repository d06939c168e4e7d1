-- Waiting jobs that never can run fail, naming why.
-- Index: primary key, by array.
UPDATE queue_job SET
    state = 'failed', finished_at = statement_timestamp(), held = NULL, last_error = %(error)s,
    fingerprint = 'never_fits'
WHERE id = ANY (%(ids)s::bigint[]) AND state IN ('pending', 'scheduled', 'rate_limited')
RETURNING id, batch_id, units, false AS reran

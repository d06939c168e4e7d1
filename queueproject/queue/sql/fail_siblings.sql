-- What blocked one job blocks the waiting ones of its batch and kind: they fail with the same words.
-- Indexes: job_in_batch, primary key, by array: asked for in id order at once, it would be read by its number, whole.
UPDATE queue_job SET
    state = 'failed', finished_at = statement_timestamp(), held = NULL, last_error = %(error)s,
    fingerprint = %(fingerprint)s
WHERE id = ANY (ARRAY(
    SELECT id FROM queue_job
    WHERE id = ANY (ARRAY(
        SELECT id FROM queue_job
        WHERE batch_id = %(batch)s AND kind = %(kind)s AND state IN ('pending', 'scheduled', 'rate_limited')))
      AND state IN ('pending', 'scheduled', 'rate_limited') AND NOT (id = ANY (%(spared)s::bigint[]))
    ORDER BY id
    FOR NO KEY UPDATE
))
RETURNING id, batch_id, units, false AS reran

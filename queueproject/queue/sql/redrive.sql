-- Finished jobs wait again: attempts 0, ranked anew. A job whose key a live one holds stays where it is.
-- Index: primary key, by array; job_one_live_per_key. The state left is returned for the batch's counters.
WITH chosen AS MATERIALIZED (
    SELECT j.id, j.state AS was, j.failed_units AS had_failed
    FROM queue_job j
    WHERE j.id = ANY (%(ids)s::bigint[]) AND j.state IN ('failed', 'cancelled')
      AND (j.dedupe_key IS NULL OR NOT EXISTS (
          SELECT FROM queue_job twin
          WHERE twin.dedupe_key = j.dedupe_key
            AND twin.state IN ('pending', 'scheduled', 'rate_limited', 'processing')))
      AND NOT EXISTS (
          SELECT FROM queue_job newer
          WHERE newer.dedupe_key = j.dedupe_key AND newer.id > j.id AND newer.id = ANY (%(ids)s::bigint[])
            AND newer.state IN ('failed', 'cancelled'))
    ORDER BY j.id
    FOR NO KEY UPDATE
)
UPDATE queue_job j SET
    state = 'pending', attempts = 0, deferrals = 0, rescues = 0, losses = 0, failed_units = 0, finished_at = NULL, due_at = NULL,
    held = CASE WHEN b.paused THEN 'paused' WHEN b.max_in_flight IS NOT NULL THEN 'in_flight' END, alone = false, last_error = '', fingerprint = '',
    sort_key = (%(ranks)s::float8[])[array_position(%(ids)s::bigint[], j.id)]
FROM chosen
LEFT JOIN queue_batch b ON b.id = (SELECT batch_id FROM queue_job WHERE id = chosen.id)
WHERE j.id = ANY (%(ids)s::bigint[]) AND j.id = chosen.id
RETURNING j.id, j.batch_id, j.units, chosen.was, j.provider_id, j.sort_key

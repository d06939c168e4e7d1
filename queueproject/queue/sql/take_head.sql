-- The head of a lane that calls nobody goes to a worker, each row under a token of its own; the first of them, which it
-- runs next, are named as started in the same breath, and the lane's clock moves on: to now where the lane was emptied.
-- Who has not looked around asks here whether it may: it lives, and nothing shuts the lane, holds back batches or switches queues.
-- Index: job_claim, from the low water mark; batch_running; primary keys.
WITH may AS MATERIALIZED (
    SELECT w.id FROM queue_worker w, queue_provider p
    WHERE NOT %(looked)s AND w.id = %(worker)s AND w.status IN ('active', 'idle')
      AND p.key = %(lane)s AND p.paused_at IS NULL
      AND (p.blocked_until IS NULL OR p.blocked_until <= statement_timestamp())
      AND NOT EXISTS (SELECT FROM queue_batch b WHERE b.state = 'running' AND b.paused)
      AND NOT EXISTS (SELECT FROM queue_setting s WHERE s.key = 'queue_enabled')
    FOR KEY SHARE OF w
), taken AS (
    UPDATE queue_job SET
        state = 'processing', worker_id = %(worker)s, attempts = attempts + 1, claimed_at = statement_timestamp(),
        lease_token = nextval('queue_lease_token'),
        wait_seconds = extract(epoch FROM statement_timestamp() - greatest(created_at, due_at)),
        due_at = NULL
    WHERE id = ANY (ARRAY(
        SELECT id FROM queue_job
        WHERE provider_id = %(lane)s AND state = 'pending' AND held IS NULL
          AND (sort_key, id) >= (%(low_key)s, %(low_id)s)
          AND (%(looked)s OR EXISTS (SELECT FROM may))
        ORDER BY sort_key, id
        LIMIT %(most)s
        FOR NO KEY UPDATE SKIP LOCKED
    ))
    RETURNING id, kind, provider_id, payload, options, group_key, alone, sort_key, batch_id, attempts - 1 AS attempts,
              max_attempts, rescues, backoff_seconds, backoff_curve, timeout_seconds, units, calls, estimated_tokens,
              subject_type, subject_id, created_by, lease_token
), moved AS (
    UPDATE queue_provider SET clock = CASE
        WHEN head.jobs < %(most)s THEN extract(epoch FROM statement_timestamp())
        ELSE least(extract(epoch FROM statement_timestamp()), clock + head.ranks * %(step)s::float8) END
    FROM (
        SELECT count(*) AS jobs,
               count(*) FILTER (WHERE group_key = '')
               + count(DISTINCT (kind, group_key)) FILTER (WHERE group_key <> '') AS ranks
        FROM taken
    ) head
    -- Another claim that moves it just now is not waited for: the clock may lag by one claim in many.
    WHERE key = (SELECT key FROM queue_provider WHERE key = %(lane)s FOR NO KEY UPDATE SKIP LOCKED)
      -- A lane that keeps up is not written with each claim.
      AND (head.jobs >= %(most)s OR clock < extract(epoch FROM statement_timestamp()) - 1)
), named AS (
    UPDATE queue_worker SET
        started_job_ids = ARRAY(SELECT id FROM taken ORDER BY sort_key, id LIMIT %(first)s)
    WHERE id = %(worker)s AND %(first)s > 0
)
SELECT * FROM taken ORDER BY sort_key, id

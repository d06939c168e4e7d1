-- The head of each open lane, locked, with a fresh lease token for each row.
-- Index: job_claim, from the low water mark, so that dead entries before it are not read.
WITH picked AS MATERIALIZED (
    SELECT head.*
    FROM unnest(%(lanes)s::text[], %(takes)s::int[], %(low_keys)s::float8[], %(low_ids)s::bigint[])
         AS lane(key, take, low_key, low_id)
    CROSS JOIN LATERAL (
        SELECT j.id, j.kind, j.provider_id, j.payload, j.options, j.group_key, j.alone, j.sort_key, j.batch_id,
               j.attempts, j.max_attempts, j.rescues, j.backoff_seconds, j.backoff_curve, j.timeout_seconds, j.units,
               j.calls, j.estimated_tokens, j.subject_type, j.subject_id, j.created_by
        FROM queue_job j
        WHERE j.provider_id = lane.key AND j.state = 'pending' AND j.held IS NULL
          AND (j.sort_key, j.id) >= (lane.low_key, lane.low_id)
        ORDER BY j.sort_key, j.id
        LIMIT lane.take
        FOR NO KEY UPDATE SKIP LOCKED
    ) head
)
SELECT picked.*, coalesce(b.paused, false) AS batch_paused, nextval('queue_lease_token') AS lease_token
FROM picked
LEFT JOIN queue_batch b ON b.id = picked.batch_id

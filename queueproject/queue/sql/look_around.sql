-- Does a worker still live? Its row is shared, so that a rescuer passes it by. And which open lanes have work that may
-- be looked at; locks nothing of them. And the time, and what staff have set. No worker, or no open lane: one row that says so.
-- Indexes: job_claim (from the low water mark), job_due, batch_running; the order asked for keeps the
-- planner from a scan of all.
WITH me AS MATERIALIZED (
    SELECT id FROM queue_worker
    WHERE id = %(worker)s AND status IN ('active', 'idle')
    FOR KEY SHARE
)
SELECT me.id IS NOT NULL AS alive, clock_timestamp() AS stamp,
       (SELECT jsonb_agg(jsonb_build_array(s.key, s.provider, s.value)) FROM queue_setting s) AS settings, lane.*
FROM (SELECT) one
LEFT JOIN me ON true
LEFT JOIN (
    SELECT p.key, p.metered, EXISTS (SELECT FROM queue_batch b WHERE b.state = 'running' AND b.paused) AS pauses,
           low.sort_key AS low_key, low.id AS low_id,
           (
               SELECT true FROM queue_job j
               WHERE j.provider_id = p.key AND j.state = 'pending' AND j.held IS NULL
                 AND (j.sort_key, j.id) >= (coalesce(low.sort_key, '-infinity'), coalesce(low.id, 0))
               ORDER BY j.sort_key, j.id LIMIT 1
           ) AS has_pending,
           (
               SELECT true FROM queue_job j
               WHERE j.provider_id = p.key AND j.state IN ('scheduled', 'rate_limited') AND j.held IS NULL
                 AND j.due_at <= statement_timestamp()
               ORDER BY j.due_at LIMIT 1
           ) AS has_due
    FROM queue_provider p
    LEFT JOIN unnest(%(lanes)s::text[], %(low_keys)s::float8[], %(low_ids)s::bigint[]) AS low(lane, sort_key, id)
           ON low.lane = p.key
    WHERE p.paused_at IS NULL
      AND (p.blocked_until IS NULL OR p.blocked_until <= statement_timestamp())
) lane ON me.id IS NOT NULL
ORDER BY lane.key

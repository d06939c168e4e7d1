-- Parked jobs of these lanes that fell due become claimable, oldest first, so many a lane.
-- Indexes: job_due, primary key. A job that never had a rank gets it here.
UPDATE queue_job SET
    state = 'pending',
    sort_key = coalesce(queue_job.sort_key,
        least(extract(epoch FROM statement_timestamp()),
              (SELECT p.clock FROM queue_provider p WHERE p.key = queue_job.provider_id))
        - queue_job.priority * %(head_start)s::float8)
WHERE id = ANY (ARRAY(
    SELECT due.id
    FROM unnest(%(lanes)s::text[]) AS lanes(lane)
    CROSS JOIN LATERAL (
        SELECT j.id FROM queue_job j
        WHERE j.provider_id = lanes.lane AND j.state IN ('scheduled', 'rate_limited') AND j.held IS NULL
          AND j.due_at <= statement_timestamp()
        ORDER BY j.due_at
        LIMIT %(most)s
        FOR NO KEY UPDATE SKIP LOCKED
    ) due
))
RETURNING provider_id, sort_key

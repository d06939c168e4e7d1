-- A cluster's keeper says that its silent drains live, while what they run may still run.
-- Indexes: primary key, job_worker.
UPDATE queue_worker w SET heartbeat_at = statement_timestamp()
WHERE w.id = ANY (%(workers)s::bigint[]) AND w.status IN ('active', 'idle')
  AND w.heartbeat_at < statement_timestamp() - make_interval(secs => %(silent_seconds)s)
  AND EXISTS (
      SELECT FROM queue_job j
      WHERE j.worker_id = w.id AND j.state = 'processing'
        AND j.claimed_at + make_interval(secs => j.timeout_seconds) > statement_timestamp()
  )
RETURNING w.id

-- Tokens that hold budget and that no processing job has, for longer than any settle's second transaction takes; those of
-- calls outside jobs, which no worker holds, for longer than any call does. A token lost is never had again, so what is
-- found here may be closed later. Indexes: entry_window, job_worker.
SELECT DISTINCT e.lease_token AS token
FROM queue_budgetentry e
WHERE e.answered_at IS NULL AND e.reserved_at < statement_timestamp() - CASE
          WHEN e.worker_id IS NULL THEN interval '5 minutes' ELSE interval '5 seconds' END
  AND NOT EXISTS (
      SELECT FROM queue_job j WHERE j.state = 'processing' AND j.worker_id = e.worker_id
        AND j.lease_token = e.lease_token)

-- Reservations under tokens no processing job holds, older than any settle's second transaction, come back;
-- spends of theirs that were never answered count from now. Indexes: entry_window, primary key, job_worker.
WITH stale AS MATERIALIZED (
    SELECT e.id, e.spent_at FROM queue_budgetentry e
    WHERE e.answered_at IS NULL AND e.lease_token IS NOT NULL
      AND e.reserved_at < statement_timestamp() - interval '5 seconds'
      AND NOT EXISTS (
          SELECT FROM queue_job j WHERE j.state = 'processing' AND j.worker_id = e.worker_id
            AND j.lease_token = e.lease_token)
), dropped AS (
    DELETE FROM queue_budgetentry WHERE id IN (SELECT id FROM stale WHERE spent_at IS NULL)
)
UPDATE queue_budgetentry SET answered_at = statement_timestamp()
WHERE id IN (SELECT id FROM stale WHERE spent_at IS NOT NULL)

-- How many leases of these lanes hold a call not yet answered, and how many other workers hold them.
-- Index: entry_window.
SELECT e.provider_id AS provider, count(DISTINCT e.lease_token) AS leases,
       count(DISTINCT e.worker_id) FILTER (WHERE e.worker_id <> %(worker)s) AS other_workers
FROM queue_budgetentry e
WHERE e.provider_id = ANY (%(lanes)s) AND e.currency = 'calls' AND e.answered_at IS NULL
GROUP BY e.provider_id

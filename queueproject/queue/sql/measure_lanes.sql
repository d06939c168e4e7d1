-- Per lane: how much could run or falls due now (counted up to a bound), and whether it is open.
-- Indexes: job_claim, job_due, in their order, so that only a small table is ever read whole.
SELECT p.key, p.metered, p.max_in_flight, p.rate_factor, p.probing, p.paused_at IS NOT NULL AS paused,
       p.paused_reason, p.fault,
       CASE WHEN p.blocked_until > statement_timestamp() THEN p.blocked_until END AS blocked_until,
       (SELECT count(*) FROM (
           SELECT FROM queue_job j WHERE j.provider_id = p.key AND j.state = 'pending' AND j.held IS NULL
           ORDER BY j.sort_key, j.id LIMIT %(most)s) few)
       + (SELECT count(*) FROM (
           SELECT FROM queue_job j WHERE j.provider_id = p.key AND j.state IN ('scheduled', 'rate_limited')
             AND j.held IS NULL AND j.due_at <= statement_timestamp()
           ORDER BY j.due_at LIMIT %(most)s) few) AS due
FROM queue_provider p
ORDER BY p.key

-- May this lease call now? Whether it is held, whether its lane is open and keeps an interval, and what is reserved.
-- Indexes: primary keys, entry_token.
SELECT p.paused_at IS NOT NULL AS paused, p.paused_reason, p.min_interval_seconds > 0 AS paces,
       CASE WHEN p.blocked_until > statement_timestamp() THEN p.blocked_until END AS blocked_until,
       EXISTS (SELECT FROM queue_job j WHERE j.id = ANY (%(ids)s::bigint[]) AND j.lease_token = %(token)s) AS leased,
       coalesce((
           SELECT sum(e.amount) FROM queue_budgetentry e
           WHERE e.lease_token = %(token)s AND e.answered_at IS NULL AND e.spent_at IS NULL AND e.currency = 'calls'
       ), 0)::bigint AS reserved_calls
FROM queue_provider p
WHERE p.key = %(provider)s

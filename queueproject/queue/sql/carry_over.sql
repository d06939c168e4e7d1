-- Calls spent in one calendar window and answered, or given up, in the next: the provider may count them there, so both
-- do, once: each is locked, and who comes second finds it answered. Indexes: primary key, budget_once.
WITH late AS MATERIALIZED (
    SELECT e.provider_id, e.currency, e.amount, e.spent_at
    FROM queue_budgetentry e
    WHERE e.id = ANY (%(ids)s::bigint[]) AND e.answered_at IS NULL AND e.spent_at IS NOT NULL
    ORDER BY e.id
    FOR NO KEY UPDATE
)
UPDATE queue_budget b SET
    used = CASE WHEN b.window_started_at = carried.started_at THEN b.used ELSE 0 END + carried.amount,
    window_started_at = carried.started_at
FROM (
    SELECT c.id, w.started_at, sum(late.amount) AS amount
    FROM late
    JOIN queue_budget c ON c.provider_id = late.provider_id AND c.currency = late.currency AND c.kind = 'calendar'
    CROSS JOIN LATERAL (SELECT date_trunc('day', transaction_timestamp() AT TIME ZONE c.zone) AS local) day
    CROSS JOIN LATERAL (
        SELECT CASE c.window_seconds
                   WHEN 60 THEN date_trunc('minute', transaction_timestamp(), c.zone)
                   WHEN 3600 THEN date_trunc('hour', transaction_timestamp(), c.zone)
                   ELSE least(day.local AT TIME ZONE c.zone,
                              (day.local - interval '1 hour') AT TIME ZONE c.zone + interval '1 hour')
               END AS started_at
    ) w
    WHERE late.spent_at < w.started_at
    GROUP BY c.id, w.started_at
) carried
WHERE b.id = carried.id AND (b.window_started_at IS NULL OR b.window_started_at <= transaction_timestamp())

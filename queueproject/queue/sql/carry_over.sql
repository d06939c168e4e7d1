-- Calls spent in one calendar window and answered, or given up, in the next: the provider may count them there, so both do.
-- Indexes: primary key, entry_token, budget_once.
UPDATE queue_budget b SET
    used = CASE WHEN b.window_started_at = late.started_at THEN b.used ELSE 0 END + late.amount,
    window_started_at = late.started_at
FROM (
    SELECT c.id, w.started_at, sum(e.amount) AS amount
    FROM queue_budgetentry e
    JOIN queue_budget c ON c.provider_id = e.provider_id AND c.currency = e.currency AND c.kind = 'calendar'
    CROSS JOIN LATERAL (
        SELECT date_trunc(CASE c.window_seconds WHEN 60 THEN 'minute' WHEN 3600 THEN 'hour' ELSE 'day' END,
                          statement_timestamp(), c.zone) AS started_at
    ) w
    WHERE (e.id = ANY (%(ids)s::bigint[]) OR e.lease_token = ANY (%(tokens)s::bigint[]))
      AND e.answered_at IS NULL AND e.spent_at < w.started_at
    GROUP BY c.id, w.started_at
) late
WHERE b.id = late.id

-- Calendar budgets keep their own sum, begun anew with each window of their zone.
-- Index: budget_once.
UPDATE queue_budget b SET
    used = greatest(0, CASE WHEN b.window_started_at = w.started_at THEN b.used ELSE 0 END + noted.spent),
    window_started_at = w.started_at
FROM unnest(%(providers)s::text[], %(currencies)s::text[], %(spent)s::bigint[]) AS noted(provider, currency, spent)
CROSS JOIN LATERAL (
    SELECT b2.id,
           date_trunc(CASE b2.window_seconds WHEN 60 THEN 'minute' WHEN 3600 THEN 'hour' ELSE 'day' END,
                      statement_timestamp(), b2.zone) AS started_at
    FROM queue_budget b2
    WHERE b2.provider_id = noted.provider AND b2.currency = noted.currency AND b2.kind = 'calendar'
) w
WHERE b.id = w.id

-- Calendar budgets keep their own sum, begun anew with each window of their zone. A transaction counts in the window it
-- began in, as its spends do; where another has begun the next meanwhile, what it spent is carried over by its answer.
-- Index: budget_once.
UPDATE queue_budget b SET
    used = greatest(0, CASE WHEN b.window_started_at = w.started_at THEN b.used ELSE 0 END + noted.spent),
    window_started_at = w.started_at
FROM unnest(%(providers)s::text[], %(currencies)s::text[], %(spent)s::bigint[]) AS noted(provider, currency, spent)
CROSS JOIN LATERAL (
    SELECT b2.id, CASE b2.window_seconds
               WHEN 60 THEN date_trunc('minute', transaction_timestamp(), b2.zone)
               WHEN 3600 THEN date_trunc('hour', transaction_timestamp(), b2.zone)
               ELSE least(day.local AT TIME ZONE b2.zone,  -- where midnight comes twice, the first
                          (day.local - interval '1 hour') AT TIME ZONE b2.zone + interval '1 hour')
           END AS started_at
    FROM queue_budget b2
    CROSS JOIN LATERAL (SELECT date_trunc('day', transaction_timestamp() AT TIME ZONE b2.zone) AS local) day
    WHERE b2.provider_id = noted.provider AND b2.currency = noted.currency AND b2.kind = 'calendar'
) w
WHERE b.id = w.id AND (b.window_started_at IS NULL OR b.window_started_at <= transaction_timestamp())

-- Every budget with what is spent and what is reserved in its window now, and when something comes back.
-- Index: entry_window.
SELECT b.id, b.provider_id AS provider, b.currency, b.window_seconds, b.kind, b.zone, b."limit" AS amount_limit,
       b.guard_seconds,
       CASE b.kind
       WHEN 'calendar' THEN CASE WHEN b.window_started_at = w.started_at THEN b.used ELSE 0 END
       ELSE coalesce(e.spent, 0)
       END::bigint AS spent,
       coalesce(e.reserved, 0)::bigint AS reserved,
       CASE b.kind
       WHEN 'calendar' THEN w.ends_at
       ELSE e.oldest_at + make_interval(secs => b.window_seconds + b.guard_seconds)
       END AS frees_at
FROM queue_budget b
CROSS JOIN LATERAL (SELECT date_trunc('day', statement_timestamp() AT TIME ZONE b.zone) AS local) day
CROSS JOIN LATERAL (
    SELECT started_at, started_at + make_interval(secs => b.window_seconds) AS ends_at
    FROM (SELECT date_trunc(CASE b.window_seconds WHEN 60 THEN 'minute' ELSE 'hour' END, statement_timestamp(), b.zone)
                 AS started_at) hour
    WHERE b.window_seconds < 86400
    UNION ALL
    -- A day begins with its first moment, where midnight comes twice too; it lasts 23 to 25 hours.
    SELECT least(day.local AT TIME ZONE b.zone, (day.local - interval '1 hour') AT TIME ZONE b.zone + interval '1 hour'),
           least((day.local + interval '1 day') AT TIME ZONE b.zone,
                 (day.local + interval '23 hours') AT TIME ZONE b.zone + interval '1 hour')
    WHERE b.window_seconds >= 86400
) w
LEFT JOIN LATERAL (
    SELECT sum(amount) FILTER (WHERE spent_at IS NOT NULL) AS spent,
           sum(amount) FILTER (WHERE spent_at IS NULL) AS reserved,
           min(answered_at) AS oldest_at
    FROM queue_budgetentry
    WHERE provider_id = b.provider_id AND currency = b.currency
      AND (answered_at IS NULL
           OR answered_at > statement_timestamp() - make_interval(secs => b.window_seconds + b.guard_seconds))
) e ON true
ORDER BY b.provider_id, b.currency, b.window_seconds

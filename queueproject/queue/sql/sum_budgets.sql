-- What each budget of these lanes has in use now, and when the oldest of it leaves the window.
-- Index: entry_window.
SELECT b.id, b.provider_id AS provider, b.currency, b.kind, b.window_seconds, b."limit" AS amount_limit,
       CASE b.kind
       WHEN 'sliding' THEN (
           SELECT coalesce(sum(e.amount), 0) FROM queue_budgetentry e
           WHERE e.provider_id = b.provider_id AND e.currency = b.currency
             AND (e.answered_at IS NULL
                  OR e.answered_at > statement_timestamp() - make_interval(secs => b.window_seconds + b.guard_seconds)))
       ELSE (
           SELECT coalesce(sum(e.amount), 0) FROM queue_budgetentry e
           WHERE e.provider_id = b.provider_id AND e.currency = b.currency AND e.answered_at IS NULL
             AND (e.spent_at IS NULL OR e.spent_at < w.started_at)
       ) + CASE WHEN b.window_started_at = w.started_at THEN b.used ELSE 0 END
       END::bigint AS used,
       CASE b.kind
       WHEN 'sliding' THEN (
           SELECT min(e.answered_at) FROM queue_budgetentry e
           WHERE e.provider_id = b.provider_id AND e.currency = b.currency
             AND e.answered_at > statement_timestamp() - make_interval(secs => b.window_seconds + b.guard_seconds)
       ) + make_interval(secs => b.window_seconds + b.guard_seconds)
       ELSE w.ends_at
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
WHERE b.provider_id = ANY (%(lanes)s) AND b."limit" IS NOT NULL
UNION ALL
-- An interval between calls, as the budget it is: half a second's calls may be at hand, and one at least.
SELECT 0, p.key, 'calls', 'interval', p.min_interval_seconds * ahead.calls, ahead.calls,
       least(ahead.calls, ceil(greatest(0, extract(epoch FROM p.next_call_at - statement_timestamp()) - 0.25)
                               / p.min_interval_seconds) + (
           SELECT coalesce(sum(e.amount), 0) FROM queue_budgetentry e
           WHERE e.provider_id = p.key AND e.currency = 'calls' AND e.answered_at IS NULL AND e.spent_at IS NULL
       ))::bigint,
       p.next_call_at - make_interval(secs => 0.25 + p.min_interval_seconds * (ahead.calls - 1))
FROM queue_provider p
CROSS JOIN LATERAL (SELECT greatest(1, floor(0.5 / p.min_interval_seconds))::bigint AS calls) ahead
WHERE p.key = ANY (%(lanes)s) AND p.min_interval_seconds > 0
ORDER BY 2, 3, 5

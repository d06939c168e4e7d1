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
             AND e.spent_at IS NULL
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
CROSS JOIN LATERAL (
    SELECT date_trunc(unit, statement_timestamp(), b.zone) AS started_at,
           (date_trunc(unit, statement_timestamp() AT TIME ZONE b.zone) + ('1 ' || unit)::interval)
               AT TIME ZONE b.zone AS ends_at
    FROM (SELECT CASE b.window_seconds WHEN 60 THEN 'minute' WHEN 3600 THEN 'hour' ELSE 'day' END AS unit) u
) w
WHERE b.provider_id = ANY (%(lanes)s) AND b."limit" IS NOT NULL
ORDER BY b.provider_id, b.currency, b.window_seconds

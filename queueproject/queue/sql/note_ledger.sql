-- The hour's book of a lane: what was spent and refused, beside the most its budgets allow.
-- Index: ledger_once.
INSERT INTO queue_ledger AS l (provider_id, currency, hour, allowed, spent, refused)
SELECT noted.provider, noted.currency, date_trunc('hour', statement_timestamp(), 'UTC'),
       (SELECT min(CASE WHEN b.window_seconds < 3600 THEN b."limit" * 3600 / b.window_seconds ELSE b."limit" END)
        FROM queue_budget b
        WHERE b.provider_id = noted.provider AND b.currency = noted.currency AND b."limit" IS NOT NULL),
       noted.spent, noted.refused
FROM unnest(%(providers)s::text[], %(currencies)s::text[], %(spent)s::bigint[], %(refused)s::bigint[])
     AS noted(provider, currency, spent, refused)
ORDER BY noted.provider, noted.currency
ON CONFLICT (provider_id, currency, hour) DO UPDATE SET
    spent = greatest(0, l.spent + excluded.spent), refused = l.refused + excluded.refused, allowed = excluded.allowed

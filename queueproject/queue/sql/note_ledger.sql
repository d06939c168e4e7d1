-- The hour's book of a lane: what was spent and refused, beside the most its budgets allow.
-- Index: ledger_once.
WITH pages AS MATERIALIZED (
    SELECT l.id, noted.spent, noted.refused
    FROM unnest(%(providers)s::text[], %(currencies)s::text[], %(spent)s::bigint[], %(refused)s::bigint[])
         AS noted(provider, currency, spent, refused)
    JOIN queue_ledger l
      ON l.provider_id = noted.provider AND l.currency = noted.currency
     AND l.hour = date_trunc('hour', transaction_timestamp(), 'UTC')
    ORDER BY l.provider_id, l.currency
    FOR NO KEY UPDATE OF l
)
UPDATE queue_ledger l SET
    spent = greatest(0, l.spent + pages.spent),
    refused = l.refused + pages.refused,
    allowed = (SELECT min(CASE WHEN b.window_seconds < 3600 THEN b."limit" * 3600 / b.window_seconds ELSE b."limit" END)
               FROM queue_budget b
               WHERE b.provider_id = l.provider_id AND b.currency = l.currency AND b."limit" IS NOT NULL)
FROM pages
WHERE l.id = pages.id

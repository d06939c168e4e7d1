-- The book of a lane by hours: what was spent and refused, beside the most its budgets allow. A correction goes to the
-- hour of its call, so that no hour's page takes what is another's.
-- Index: ledger_once.
WITH pages AS MATERIALIZED (
    SELECT l.id, noted.spent, noted.refused
    FROM (
        SELECT n.provider, n.currency, coalesce(n.hour, date_trunc('hour', transaction_timestamp(), 'UTC')) AS hour,
               sum(n.spent) AS spent, sum(n.refused) AS refused
        FROM unnest(%(providers)s::text[], %(currencies)s::text[], %(hours)s::timestamptz[],
                    %(spent)s::bigint[], %(refused)s::bigint[]) AS n(provider, currency, hour, spent, refused)
        GROUP BY 1, 2, 3
    ) noted
    JOIN queue_ledger l
      ON l.provider_id = noted.provider AND l.currency = noted.currency AND l.hour = noted.hour
    ORDER BY l.provider_id, l.currency, l.hour
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

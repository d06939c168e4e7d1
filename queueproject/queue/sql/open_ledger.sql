-- The hours' pages of these lanes' books, empty at first. What is noted on them may be less than nothing: a call
-- that cost fewer tokens than estimated gives some back, so it is added in a statement of its own.
-- Index: ledger_once.
INSERT INTO queue_ledger (provider_id, currency, hour, spent, refused)
SELECT DISTINCT noted.provider, noted.currency,
       coalesce(noted.hour, date_trunc('hour', transaction_timestamp(), 'UTC')) AS hour, 0, 0
FROM unnest(%(providers)s::text[], %(currencies)s::text[], %(hours)s::timestamptz[]) AS noted(provider, currency, hour)
ORDER BY noted.provider, noted.currency, hour
ON CONFLICT (provider_id, currency, hour) DO NOTHING

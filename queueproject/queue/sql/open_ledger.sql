-- The hour's page of these lanes' books, empty at first. What is noted on it may be less than nothing: a call
-- that cost fewer tokens than estimated gives some back, so it is added in a statement of its own.
-- Index: ledger_once.
INSERT INTO queue_ledger (provider_id, currency, hour, spent, refused)
SELECT noted.provider, noted.currency, date_trunc('hour', transaction_timestamp(), 'UTC'), 0, 0
FROM unnest(%(providers)s::text[], %(currencies)s::text[]) AS noted(provider, currency)
ORDER BY noted.provider, noted.currency
ON CONFLICT (provider_id, currency, hour) DO NOTHING

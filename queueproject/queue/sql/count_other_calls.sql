-- How many leases but this one have a call of their lane under way: spent, not answered.
-- Index: entry_window.
SELECT count(DISTINCT lease_token) FROM queue_budgetentry
WHERE provider_id = %(provider)s AND currency = 'calls' AND answered_at IS NULL AND spent_at IS NOT NULL
  AND lease_token <> %(token)s

-- A spend nobody reserved: a retry inside a call, or a call outside jobs. The lane's row is locked by the caller.
INSERT INTO queue_budgetentry (provider_id, currency, lease_token, worker_id, amount, reserved_at, spent_at)
SELECT %(provider)s, currency, %(token)s, %(worker)s, amount, statement_timestamp(), transaction_timestamp()
FROM unnest(%(currencies)s::text[], %(amounts)s::bigint[]) AS spent(currency, amount)
WHERE amount > 0
RETURNING id, currency, amount, spent_at

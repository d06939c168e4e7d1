-- What a claim reserves for its leases.
INSERT INTO queue_budgetentry (provider_id, currency, lease_token, worker_id, amount, reserved_at)
SELECT provider, currency, token, %(worker)s, amount, statement_timestamp()
FROM unnest(%(providers)s::text[], %(currencies)s::text[], %(tokens)s::bigint[], %(amounts)s::bigint[])
     AS reserved(provider, currency, token, amount)

-- What these settled leases reserved and did not spend comes back.
-- Index: entry_token.
DELETE FROM queue_budgetentry
WHERE lease_token = ANY (%(tokens)s) AND answered_at IS NULL AND spent_at IS NULL

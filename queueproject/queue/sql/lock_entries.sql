-- What these leases reserved, or spent and never saw answered; what somebody spends or answers just now is passed over.
-- Index: entry_token.
SELECT id FROM queue_budgetentry
WHERE lease_token = ANY (%(tokens)s::bigint[]) AND answered_at IS NULL
ORDER BY id
FOR UPDATE SKIP LOCKED

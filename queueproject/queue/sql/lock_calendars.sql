-- The calendar budgets of these leases' lanes: locked before their entries by who closes leases, so that a spender, which
-- may have one of either, is never waited for in a circle. Indexes: entry_token, budget_once.
SELECT b.id FROM queue_budget b
WHERE b.kind = 'calendar' AND b.provider_id IN (
    SELECT e.provider_id FROM queue_budgetentry e WHERE e.lease_token = ANY (%(tokens)s::bigint[]) AND e.answered_at IS NULL)
ORDER BY b.id
FOR NO KEY UPDATE

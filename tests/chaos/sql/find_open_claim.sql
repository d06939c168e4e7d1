-- The same claim, answered and not committed.
-- Index: none.
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND state = 'idle in transaction' AND query LIKE '%INSERT INTO queue_budgetentry%'

-- A claim that has its jobs and waits to write what it reserves for them.
-- Index: none.
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%INSERT INTO queue_budgetentry%'

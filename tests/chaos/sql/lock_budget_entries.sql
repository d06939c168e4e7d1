-- A claim that wants to reserve waits for whoever holds this.
-- Index: none.
LOCK TABLE queue_budgetentry IN SHARE MODE

-- A limit was lowered: what is reserved on its lane and not yet spent holds its place and nothing else. What is being
-- spent just now is passed over, it is a call under way. Index: entry_window.
UPDATE queue_budgetentry SET amount = 0
WHERE id = ANY (ARRAY(
    SELECT id FROM queue_budgetentry
    WHERE provider_id = %(provider)s AND answered_at IS NULL AND spent_at IS NULL AND amount > 0
    FOR UPDATE SKIP LOCKED))

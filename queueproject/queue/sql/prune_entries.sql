-- Spends that have left every sliding window of their lane, and outlived the longest job that may have made them.
-- Index: entry_window.
DELETE FROM queue_budgetentry WHERE id = ANY (ARRAY(
    SELECT e.id FROM queue_provider p
    CROSS JOIN LATERAL (
        SELECT coalesce(max(b.window_seconds + b.guard_seconds), 0) + 300 AS seconds
        FROM queue_budget b WHERE b.provider_id = p.key AND b.kind = 'sliding'
    ) longest
    JOIN queue_budgetentry e ON e.provider_id = p.key
        AND e.answered_at < statement_timestamp() - make_interval(secs => longest.seconds)
    LIMIT %(most)s))

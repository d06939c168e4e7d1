-- Index: ledger_hour.
DELETE FROM queue_ledger WHERE id = ANY (ARRAY(
    SELECT id FROM queue_ledger WHERE hour < statement_timestamp() - make_interval(secs => %(seconds)s)
    ORDER BY hour LIMIT %(most)s))

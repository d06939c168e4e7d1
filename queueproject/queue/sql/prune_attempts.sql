-- Index: attempt_finished.
DELETE FROM queue_attempt WHERE id = ANY (ARRAY(
    SELECT id FROM queue_attempt
    WHERE finished_at < statement_timestamp() - make_interval(secs => %(seconds)s)
    ORDER BY finished_at LIMIT %(most)s))

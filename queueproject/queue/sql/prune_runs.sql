-- Index: scheduler_run_started.
DELETE FROM queue_schedulerrun WHERE id = ANY (ARRAY(
    SELECT id FROM queue_schedulerrun WHERE started_at < statement_timestamp() - make_interval(secs => %(seconds)s)
    ORDER BY started_at LIMIT %(most)s))

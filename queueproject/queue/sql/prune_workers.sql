-- Workers long gone that hold nothing; few rows, all looked at. Index: job_worker.
DELETE FROM queue_worker w
WHERE w.id = ANY (ARRAY(
    SELECT id FROM queue_worker
    WHERE status IN ('stopped', 'error') AND stopped_at < statement_timestamp() - make_interval(secs => %(seconds)s)
    ORDER BY id LIMIT %(most)s))
  AND NOT EXISTS (SELECT FROM queue_job j WHERE j.worker_id = w.id AND j.state = 'processing')

-- Finished jobs past their age, oldest first.
-- Indexes: job_finished, primary key; a table of a few steps is read whole.
DELETE FROM queue_job WHERE id = ANY (ARRAY(
    SELECT id FROM queue_job
    WHERE finished_at < statement_timestamp() - make_interval(secs => %(completed_seconds)s)
      AND (state IN ('completed', 'cancelled')
           OR finished_at < statement_timestamp() - make_interval(secs => %(failed_seconds)s))
      AND NOT EXISTS (SELECT FROM queue_batchjob s WHERE s.job_id = queue_job.id)
      AND NOT EXISTS (SELECT FROM queue_batch b WHERE b.id = queue_job.batch_id AND b.state = 'running')
    ORDER BY finished_at LIMIT %(most)s FOR UPDATE SKIP LOCKED))

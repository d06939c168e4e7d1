-- Finished jobs past their age, oldest first, with what tells other batches of them.
-- Indexes: job_finished, primary key; a table of a few steps is read whole.
WITH old AS MATERIALIZED (
    SELECT id FROM queue_job
    WHERE finished_at < statement_timestamp() - make_interval(secs => %(completed_seconds)s)
      AND (state IN ('completed', 'cancelled')
           OR finished_at < statement_timestamp() - make_interval(secs => %(failed_seconds)s))
      AND NOT EXISTS (
          SELECT FROM queue_batchjob s JOIN queue_batch b ON b.id = s.batch_id
          WHERE s.job_id = queue_job.id AND (NOT s.counted OR b.state = 'running'))
      AND NOT EXISTS (SELECT FROM queue_batch b WHERE b.id = queue_job.batch_id AND b.state = 'running')
    ORDER BY finished_at LIMIT %(most)s FOR UPDATE SKIP LOCKED
), unlinked AS (
    DELETE FROM queue_batchjob WHERE job_id = ANY (ARRAY(SELECT id FROM old))
)
DELETE FROM queue_job WHERE id = ANY (ARRAY(SELECT id FROM old))

-- Ended batches without jobs, past the age of failed jobs; their shared links go first, by cascade of the statement.
-- Indexes: batch_finished, job_in_batch.
WITH old AS MATERIALIZED (
    SELECT id FROM queue_batch b
    WHERE finished_at < statement_timestamp() - make_interval(secs => %(seconds)s)
      AND NOT EXISTS (SELECT FROM queue_job j WHERE j.batch_id = b.id)
    ORDER BY finished_at LIMIT %(most)s
), unlinked AS (
    DELETE FROM queue_batchjob WHERE batch_id IN (SELECT id FROM old)
)
DELETE FROM queue_batch WHERE id IN (SELECT id FROM old)

-- Which other batches count these jobs' present run; locked, so that the cancel of one of them counts it or we do.
-- Index: batch_job_job.
SELECT id, batch_id, job_id, awaits_rerun FROM queue_batchjob WHERE job_id = ANY (%(ids)s::bigint[]) AND NOT counted
ORDER BY batch_id, id
FOR NO KEY UPDATE

-- Stopped workers that still hold jobs: a rescue cut short, or a stop that could not release.
-- Index: job_worker.
SELECT DISTINCT j.worker_id AS id
FROM queue_job j
JOIN queue_worker w ON w.id = j.worker_id
WHERE j.state = 'processing' AND w.status IN ('stopped', 'error')

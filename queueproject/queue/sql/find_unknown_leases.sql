-- Jobs this worker holds and knows nothing of: a claim whose answer was lost on the way.
-- Index: job_worker.
SELECT id, lease_token FROM queue_job
WHERE worker_id = %(worker)s AND state = 'processing' AND NOT (id = ANY (%(known)s::bigint[]))

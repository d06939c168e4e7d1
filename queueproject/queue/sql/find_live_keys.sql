-- Which of these keys have a live job.
-- Index: job_one_live_per_key.
SELECT dedupe_key FROM queue_job
WHERE dedupe_key = ANY (%(keys)s::text[]) AND state IN ('pending', 'scheduled', 'rate_limited', 'processing')

-- Which of these keys this call has just inserted: they bear its stamp.
-- Index: job_one_live_per_key.
SELECT dedupe_key FROM queue_job
WHERE dedupe_key = ANY (%(keys)s::text[]) AND state IN ('pending', 'scheduled', 'rate_limited', 'processing')
  AND created_at = %(stamp)s

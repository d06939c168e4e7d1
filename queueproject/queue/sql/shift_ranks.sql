-- A changed head start re-ranks what waits: the key moves by the change times the job's priority.
-- Index: job_claim and job_due, read whole: this is a rare act of staff.
UPDATE queue_job SET sort_key = sort_key + priority * %(seconds_per_point)s::float8
WHERE state IN ('pending', 'scheduled', 'rate_limited') AND sort_key IS NOT NULL

-- Workers whose process is gone are dead at once; whoever rescues next takes back what they held.
-- Index: primary key.
UPDATE queue_worker SET status = 'stopped', stopped_at = statement_timestamp(), stop_reason = 'its process is gone'
WHERE id = ANY (%(workers)s::bigint[]) AND status IN ('active', 'idle')
RETURNING id

-- Workers silent for longer than the lease are declared dead; one that is claiming just now is passed over.
-- Index: worker_live.
UPDATE queue_worker SET status = 'stopped', stopped_at = statement_timestamp(), stop_reason = 'heartbeat lost'
WHERE id = ANY (ARRAY(
    SELECT id FROM queue_worker
    WHERE status IN ('active', 'idle')
      AND heartbeat_at < statement_timestamp() - make_interval(secs => %(lease_seconds)s)
    ORDER BY id
    FOR UPDATE SKIP LOCKED
))
RETURNING id

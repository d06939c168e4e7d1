-- Who works or is about to: live drains, live slots, and requests not yet taken nor too old to count.
-- Indexes: worker_live, drain_request_open.
SELECT (SELECT count(*) FROM queue_worker WHERE status IN ('active', 'idle') AND role = 'drain'
          AND heartbeat_at > statement_timestamp() - make_interval(secs => %(lease_seconds)s)) AS drains,
       (SELECT coalesce(sum(slots), 0) FROM queue_worker WHERE status IN ('active', 'idle') AND role = 'keeper'
          AND heartbeat_at > statement_timestamp() - make_interval(secs => %(lease_seconds)s)) AS slots,
       (SELECT count(*) FROM queue_drainrequest WHERE taken_at IS NULL
          AND requested_at > statement_timestamp() - make_interval(secs => %(patience_seconds)s)) AS requests

-- Jobs whose keys no live job is known to hold, straight into the table; a key held after all refuses the whole COPY.
-- Column order is `_render` in enqueue.py.
COPY queue_job (
    kind, subject_type, provider_id, priority, state, held, due_at, max_attempts, backoff_seconds, backoff_curve,
    timeout_seconds, batch_id, calls, created_by, created_at,
    alone, attempts, deferrals, rescues, rerun, failed_units, last_error, fingerprint,
    sort_key, units, estimated_tokens, payload, options, subject_id, group_key, dedupe_key) FROM STDIN

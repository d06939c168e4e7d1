-- The columns an enqueue writes, straight into the table.
COPY queue_job (
    kind, subject_type, subject_id, payload, options, group_key, dedupe_key, provider_id, priority, sort_key, state,
    max_attempts, backoff_seconds, backoff_curve, timeout_seconds, batch_id, units, calls, estimated_tokens, created_by,
    created_at, alone, attempts, deferrals, rescues, rerun, failed_units, last_error, fingerprint) FROM STDIN

-- Column order is `STAGED` in enqueue.py.
COPY queue_staging (payload, options, subject_id, dedupe_key, group_key, sort_offset, tokens, units) FROM STDIN

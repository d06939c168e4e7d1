-- Column order is `STAGED` in enqueue.py.
COPY queue_staging (sort_offset, payload, options, subject_id, dedupe_key, group_key, units, tokens) FROM STDIN

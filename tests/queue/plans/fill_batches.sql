-- One batch for each thousand jobs, and at least eleven; a few paused, a few limited in flight, the first ended.
INSERT INTO queue_batch (
    id, kind, label, options, url, priority, paused, paused_by, cancelled_by, max_in_flight, total_units, completed_units,
    failed_units, cancelled_units, skipped_units, sealed, state, finished_at, seen, finish_kind, finishes, notes, actor)
SELECT n + 1, 'plans', 'plans', '{}', '', 100, n %% 10 = 5, '', '', CASE WHEN n %% 10 = 7 THEN 50 END, 10000000, 0, 0, 0, 0, true,
       CASE WHEN n = 0 THEN 'completed' ELSE 'running' END, CASE WHEN n = 0 THEN statement_timestamp() END,
       false, '', 0, '[]', ''
FROM generate_series(0, 10 + %(rows)s / 1000) AS n

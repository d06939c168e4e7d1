INSERT INTO queue_batch (
    kind, label, options, url, priority, paused, paused_by, cancelled_by, total_units, completed_units, failed_units,
    cancelled_units, skipped_units, sealed, state, seen, finish_kind, finishes, notes, actor)
VALUES ('raw', 'raw', '{}', '', 100, false, '', '', %(units)s, 0, 0, 0, 0, true, 'running', false, '', 0, '[]', '')
RETURNING id

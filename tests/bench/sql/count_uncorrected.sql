SELECT count(*) FROM queue_budgetentry e
WHERE e.currency = 'calls' AND e.spent_at < coalesce((
    SELECT min(v.at) FROM queue_providerevent v WHERE v.verb = 'estimates corrected'), 'infinity')

-- Which transaction wrote each waiting job last: whether any was rewritten.
SELECT array_agg(xmin::text || ':' || id ORDER BY id) FROM queue_job WHERE state = 'pending'

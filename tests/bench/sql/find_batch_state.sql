SELECT state FROM queue_batch WHERE id = %(batch)s

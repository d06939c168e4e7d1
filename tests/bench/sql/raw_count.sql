UPDATE queue_batch SET completed_units = completed_units + %(completed)s WHERE id = %(batch)s

-- Seconds since the first job of a batch was claimed, on the database's clock.
SELECT extract(epoch FROM clock_timestamp() - min(claimed_at)) FROM queue_job WHERE batch_id = %(batch)s

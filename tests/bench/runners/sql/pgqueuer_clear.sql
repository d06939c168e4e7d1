TRUNCATE pgqueuer, pgqueuer_log

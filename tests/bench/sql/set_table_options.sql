ALTER TABLE queue_job SET ({})

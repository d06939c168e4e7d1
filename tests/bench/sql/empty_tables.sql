-- Every round starts with the same empty tables.
TRUNCATE queue_job, queue_batch, queue_batchjob, queue_attempt, queue_budgetentry, queue_drainrequest,
         django_q_ormq RESTART IDENTITY

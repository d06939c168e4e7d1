-- A transaction that sees the data as they are now for as long as it stays open.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SET LOCAL application_name = 'nightly report'; SELECT count(*) FROM queue_job

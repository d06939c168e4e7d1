-- Every job leaves two dead versions of its row, a call one or two of its entry, a beat one of its worker. The defaults
-- wait for a fifth of the table: two million dead rows beside ten million finished jobs. Here jobs and entries are
-- vacuumed after a hundredth of the table (and 5,000 or 1,000 rows), without the pauses that made a vacuum fall behind
-- two workers at full speed; the small tables, which every claim reads, after some hundred rows whatever their size.
ALTER TABLE queue_job SET (
    autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02,
    autovacuum_analyze_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
ALTER TABLE queue_budgetentry SET (
    autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.02, autovacuum_analyze_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
ALTER TABLE queue_batch SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 500);
ALTER TABLE queue_worker SET (
    fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
ALTER TABLE queue_provider SET (
    fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
ALTER TABLE queue_budget SET (
    fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
ALTER TABLE queue_drainrequest SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500)

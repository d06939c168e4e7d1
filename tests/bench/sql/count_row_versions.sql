-- Row versions ever made of jobs, in-place (HOT) ones too; deletions make none.
SELECT n_tup_ins + n_tup_upd FROM pg_stat_user_tables WHERE relname = 'queue_job'

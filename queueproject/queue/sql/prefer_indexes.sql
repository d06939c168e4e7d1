-- To this transaction's end no table is read whole for what an index gives in order, however few rows statistics tell of.
-- Index: none, it reads nothing.
SELECT set_config('enable_seqscan', 'off', true)

-- How long each statement of this transaction may take, until it ends.
-- Index: none, it reads nothing.
SELECT set_config('statement_timeout', %(milliseconds)s, true)

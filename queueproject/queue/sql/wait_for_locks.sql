-- How long this transaction waits for a lock, until it ends; what is locked longer is left for another time.
-- Index: none, it reads nothing.
SELECT set_config('lock_timeout', %(milliseconds)s, true)

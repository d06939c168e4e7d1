-- This session fails rather than wait for a lock.
SET lock_timeout = '1ms'

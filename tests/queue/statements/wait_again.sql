-- This session waits for locks as others do.
RESET lock_timeout

-- What is measured waits for the disk as production does.
RESET synchronous_commit

-- While rows are loaded, and only then, a commit need not wait for the disk.
SET synchronous_commit = off

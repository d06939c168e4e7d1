-- Every round starts right after a checkpoint, so that all pay alike for full pages in the log.
CHECKPOINT

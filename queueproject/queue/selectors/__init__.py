"""What pages read of the queue: plain functions, each with a fixed number of queries."""

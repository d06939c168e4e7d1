"""What pages read, one module per question; nothing here writes."""

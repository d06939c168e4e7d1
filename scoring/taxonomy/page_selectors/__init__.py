"""What pages of the taxonomy read, one module per page."""

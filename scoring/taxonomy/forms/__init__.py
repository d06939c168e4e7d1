"""What staff type on pages of the taxonomy."""

"""What staff type on pages of remarketing."""

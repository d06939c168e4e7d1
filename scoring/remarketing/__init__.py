"""Remarketing: which buyers fit a universe, and which of them fit a deal."""

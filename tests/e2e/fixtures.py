"""Fixtures of browser tests."""

"""Budgets held against providers that count strictly: scenarios side by side, with real processes."""

"""The formulas: pure functions from metrics and choices to scores and projections. No Django, no clock."""

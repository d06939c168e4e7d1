"""Workloads that score with Gemini or by rules: remarketing, taxonomy, receipts."""

"""The offline scorers: pure functions from facts to answers and results. No Django, no network, no clock."""

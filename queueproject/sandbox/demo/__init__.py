"""The demonstration: made-up companies scored through sandbox and workers, one of them killed on the way."""

"""Copy the scripts that pages load out of their packages: `make vendor`, for developers only."""

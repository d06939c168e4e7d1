"""Loopback stand-ins that speak the providers' wire formats and count strictly, for demo and tests."""

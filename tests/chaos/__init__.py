"""Tests that break things: real processes are killed, frozen and cut off."""

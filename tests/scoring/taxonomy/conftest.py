"""Fixtures of the taxonomy's tests."""

from tests.scoring.taxonomy.working import spoilable

__all__ = ["spoilable"]

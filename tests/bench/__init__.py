"""Benchmarks: each figure beside what it is held against, measured in the same run on the same server.

python -m tests.bench drain --jobs 20000 --workers 2 --json
"""

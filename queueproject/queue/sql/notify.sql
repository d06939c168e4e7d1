-- Heard at commit by every drain that listens.
SELECT pg_notify('queue', %(message)s)

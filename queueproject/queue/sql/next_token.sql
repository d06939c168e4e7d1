-- A token for calls outside jobs, from the sequence of all: no lease ever has it.
SELECT nextval('queue_lease_token')

-- How many connections the server lets in.
SHOW max_connections

-- The dead rows of other tests go, and with them what is counted of them.
VACUUM

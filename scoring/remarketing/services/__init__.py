"""What is written: each module one verb's worth of changes to the workload's rows."""

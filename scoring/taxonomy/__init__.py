"""The taxonomy workload: what each node of a shop's product tree is worth working on."""

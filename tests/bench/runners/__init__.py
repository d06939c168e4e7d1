"""Other queues, each driven by its own documented best settings, in an environment of its own.

A runner is run by that environment's Python: it knows its queue and the protocol, nothing of this project.
Packages are imported by name at run time, because none of them is known to this project's environment.
"""

"""The command line: one file a command group, each registered by one line in ``app.py``."""

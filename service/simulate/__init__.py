"""Believable live rooms that the project writes, with their truth: for the demo, for tests and for measurements."""

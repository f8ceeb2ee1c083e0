"""Creators: causes in, a score, a tier and a multiplier out. What is pure stands beside what remembers."""

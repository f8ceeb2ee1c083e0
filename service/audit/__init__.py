"""The audit log over the acts, packs that can be checked without trusting us, and what is kept for how long."""

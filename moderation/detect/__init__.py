"""Finders of evidence: each takes a reading and yields evidence. None decides."""

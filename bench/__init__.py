"""Benchmarks: ``python -m bench`` or ``qingliu bench``. Not part of the service; needs the extra ``[bench]``."""

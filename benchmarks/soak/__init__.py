"""Half an hour of no-op jobs, and what grew meanwhile: ``python -m benchmarks.soak``."""

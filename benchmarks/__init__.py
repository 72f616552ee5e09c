"""Load, latency and scale of the hot paths against pgbench and the budget. `python -m benchmarks`, see README.md."""

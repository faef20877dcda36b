"""What lower precision costs and gains: `python -m benchmarks.precision --help`."""

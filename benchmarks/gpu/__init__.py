"""Networks on a GPU: `python -m benchmarks.gpu --help`."""

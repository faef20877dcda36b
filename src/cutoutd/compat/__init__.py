"""Other libraries' functions, for programs that change an import line and nothing else."""

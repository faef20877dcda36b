"""Other programs, each in an environment of its own and in a warm process."""

"""Who does a network's arithmetic: one file for each library."""

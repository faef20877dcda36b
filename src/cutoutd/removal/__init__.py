"""One image, from its bytes to the files that were asked for."""

"""cutoutd: the background-removal server you host yourself."""

__version__ = "0.1.0"

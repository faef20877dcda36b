"""The options of a removal: one table, read alike by the native API, the command and the library.

Each module here is a group of options with the part of the command that they stand for; `table`
puts them together, and `presets` has the named sets of values.
"""

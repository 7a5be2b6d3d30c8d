"""The SQLite file, the one place where engine, terminals and scripts meet; SQL lives here and nowhere else.

Functions take a `Database`, return lists of frozen records and never a cursor: a cursor left half-read pins the log.
A function that writes is one intention and one `BEGIN IMMEDIATE` transaction.
"""

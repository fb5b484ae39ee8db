"""Data and rules, layer 1: pure values and functions.

Imports nothing of this program but other modules of this package, and nothing that reads a clock, makes chance,
or touches a file, a network or a process. Time comes in as an argument, always an aware UTC ``datetime``.
"""

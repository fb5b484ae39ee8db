"""State to what a person sees, layer 3: pure functions, shared by the desktop and the command line.

Imports ``core`` only. No Qt, no clock, no file: the time, the time zone and the translator come in as arguments. Every
sentence of the program that a person reads on the desktop is written here or is a template of ``core.errors``.
"""

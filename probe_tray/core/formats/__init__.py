"""Credential files: the formats of four programs, read and written."""

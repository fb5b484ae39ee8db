"""New versions of this program."""

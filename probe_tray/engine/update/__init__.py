"""The check for a new version of this program."""

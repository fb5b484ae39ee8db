"""The command's results: for people, as CSV, as JSON."""

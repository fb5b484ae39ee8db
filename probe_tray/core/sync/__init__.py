"""The shared table: its rows, their encryption, and what a sync would do."""

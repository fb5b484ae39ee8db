"""Gives an account to the official client, and takes it back."""

"""The service: where it is, what its answers mean."""

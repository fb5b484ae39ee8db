"""The OS keyring. The only package that imports keyring."""

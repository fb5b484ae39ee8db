"""The transport for a refresh request: every byte of the answer is kept before anybody reads it."""

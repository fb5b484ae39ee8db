"""The models an account is offered, and what a test of them brought."""

"""When an account's quota is asked for."""

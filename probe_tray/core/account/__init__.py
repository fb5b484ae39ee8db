"""Accounts and their logins: who one is, what its tokens say, and in what condition it is."""

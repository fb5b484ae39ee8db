"""Renewing logins: the refresh transaction and everything around it."""

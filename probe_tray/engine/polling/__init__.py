"""Asking for quotas, and recording what came."""

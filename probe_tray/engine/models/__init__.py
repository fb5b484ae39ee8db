"""Testing which models answer."""

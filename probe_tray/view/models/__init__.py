"""The model test in words."""

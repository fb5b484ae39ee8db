"""The window of the model test."""

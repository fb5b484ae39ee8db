"""The numbers as other programs get them."""

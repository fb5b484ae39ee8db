"""The accounts of all stores, and what a person does with them."""

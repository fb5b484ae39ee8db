"""What `python -m tests` and `conftest.py` are made of; nothing here knows the program."""

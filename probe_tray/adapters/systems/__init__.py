"""What only one operating system has or needs, one file for each."""

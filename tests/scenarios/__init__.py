"""What a person lives through with the program, told once and run on several bodies."""

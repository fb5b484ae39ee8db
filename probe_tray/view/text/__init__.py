"""What every view needs to make a sentence: translation, times, money, privacy."""

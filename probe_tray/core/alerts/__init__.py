"""What deserves a notification, and when notifications wait."""

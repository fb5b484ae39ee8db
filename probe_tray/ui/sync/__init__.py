"""The windows of sync."""

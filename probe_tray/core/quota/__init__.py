"""Rate-limit windows: read, smoothed, forecast and kept in the history."""

"""The desktop: browser, notifications, autostart, power, the single instance."""

"""Where logins are kept: vault, folder, named files, the official client's own."""

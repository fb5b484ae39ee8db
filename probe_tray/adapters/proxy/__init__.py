"""Which proxy the requests take."""

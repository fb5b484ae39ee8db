"""The service and the shared table over HTTP. The only package that imports httpx."""

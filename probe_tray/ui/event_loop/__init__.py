"""The event loop: Qt and asyncio in one thread, and how callbacks, timers and sockets take their turn in it."""

"""Layer 2: what the engine needs from the world, one small Protocol each.

Every method that may wait is a coroutine and never blocks the event loop. Failures are leaves of ``ProbeError``.
"""

"""What differs between the operating systems.

``current`` chooses one; ``operating_system`` is the port that each implements.

==================  =====================================================================================
``linux``           Linux and what is like it: power, start at login, who holds a port, the peer's user
``macos``           macOS: power, launch agent, proxies, folders, Dock, AppleScript
``windows``         Windows: power, start at login, proxies, console, taskbar, mutexes
``user_registry``   the registry of Windows, as far as it is this user's
``posix``           what Linux and macOS have in common
``tools``           programs of the system that are asked something
==================  =====================================================================================
"""

"""What differs between the operating systems.

``current`` chooses one; ``operating_system`` is the port that each implements, ``desktop`` the one for what windows,
icon and session need beyond Qt.

==================  =====================================================================================
``linux``           Linux and what is like it: power, start at login, who holds a port, the peer's user
``inotify``         Linux: notice of changes in folders
``macos``           macOS: power, launch agent, proxies, folders, Dock, AppleScript
``macos_desktop``   macOS: Dock, Spaces, the front, App Nap, log-out, the menu bar's appearance
``windows``         Windows: power, console, taskbar, mutexes
``windows_console`` Windows: the console
``windows_desktop`` Windows: the reason why a shutdown waits, the taskbar's appearance
``windows_files``   Windows: who holds a file, who may read it, names on a command line
``windows_processes`` Windows: which processes run
``windows_proxies`` Windows: the proxy settings and their scripts
``windows_zone``    Windows: the local time
``windows_library`` Windows: its libraries, and where its programs are
``run_entry``       Windows: start at login
``user_registry``   Windows: the registry, as far as it is this user's
``posix``           what Linux and macOS have in common
``tools``           programs of the system that are asked something
==================  =====================================================================================
"""

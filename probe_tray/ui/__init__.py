"""The desktop, layer 4: tray, menu, panel and dialogs drawn from the view's models with Qt.

The only package besides ``app.py`` that imports PySide6. Nothing here decides or words anything:
``view`` does. Commands go to the engine; nothing else flows back. ``Shell`` is the way in.

Windows that are opened by a click are imported and made at the first one: imported, all of them add 1.5 MB and 35 ms to
a start, and each is there within 0.1 s.
"""

"""The desktop, floor 4: tray, menu, panel and dialogs drawn from the view's models with Qt.

The only room besides ``app.py`` that imports PySide6. Nothing here decides or words anything: ``view`` does. Commands
go to the engine; nothing else flows back. ``Shell`` is the way in.
"""

"""The window in which sync is set up."""

from collections.abc import Callable

import msgspec
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from probe_tray.core.account.secret import Secret
from probe_tray.core.sync.setup_code import SetupCode
from probe_tray.ui.accessibility import describe
from probe_tray.ui.placement import fitting
from probe_tray.ui.sync.code_entry_step import CodeEntryStep
from probe_tray.ui.sync.next_computer_step import NextComputerStep
from probe_tray.ui.sync.setup_steps import KeyStep, ProjectStep, TableStep
from probe_tray.ui.theme import Theme
from probe_tray.ui.themed_dialog import ThemedDialog
from probe_tray.ui.widgets import foot, say, scroll_area, spaced, style_foot, words
from probe_tray.view.sync.setup_view import SyncSetupView
from probe_tray.view.view_models import Tone

_WIDTH, _HEIGHT = 650, 690


class SyncDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What the page shows now. A secret is None where none was typed."""

    url: str
    api_key: Secret | None
    key: Secret | None


class SyncSetupActions(msgspec.Struct, frozen=True, kw_only=True):
    """What the buttons do."""

    copy_sql: Callable[[str], None]
    copy_secret: Callable[[Secret], None]
    test: Callable[[SyncDraft], None]
    save: Callable[[SyncDraft], None]
    forget: Callable[[], None]


class SyncSetupDialog(ThemedDialog):
    """A code or three steps, the next computer's code, and a test; what is typed is held only while it is open."""

    changed = Signal()
    """Something else is typed than before."""
    closed = Signal()

    def __init__(self, theme: Theme, actions: SyncSetupActions) -> None:
        """Make the window; fill it with :meth:`show_model` and start it with :meth:`begin`."""
        super().__init__(theme, "sync-setup")
        self._actions = actions
        self._refused = False
        self._tone: Tone | None = None
        self._tested = False
        self._title, self._text = words(wrap=True), words(wrap=True)
        self._said, self._advice, self._complaint = words(wrap=True), words(wrap=True), words(wrap=True)
        self.code = CodeEntryStep(theme)
        self.project = ProjectStep(theme)
        self.key = KeyStep(theme, actions.copy_secret)
        self.table = TableStep(theme, actions.copy_sql)
        self.next = NextComputerStep(theme, actions.copy_secret)
        self.test, self.forget = QPushButton(self), QPushButton(self)
        self._buttons = spaced(theme, QDialogButtonBox(self))
        self.saver = self._buttons.addButton("", QDialogButtonBox.ButtonRole.AcceptRole)
        self._cancel = self._buttons.addButton("", QDialogButtonBox.ButtonRole.RejectRole)
        for button in (self.test, self.forget):
            button.setAutoDefault(False)
        self._cancel.setAutoDefault(False)
        self.test.clicked.connect(self._try)
        self.forget.clicked.connect(actions.forget)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        for step in (self.project, self.key):
            step.changed.connect(self._typed)
        self.table.changed.connect(self.changed)
        self._arrange()
        self.apply_theme()

    @property
    def draft(self) -> SyncDraft:
        """What is typed now."""
        api_key, key = self.project.api_key.text().strip(), self.key.field.text().strip()
        return SyncDraft(
            url=self.project.address.text().strip(),
            api_key=Secret(api_key) if api_key and self.project.api_key.isEnabled() else None,
            key=Secret(key) if key and not self.key.field.isReadOnly() else None,
        )

    def begin(self, url: str, model: SyncSetupView) -> None:
        """Start at this address; nothing was tested yet."""
        self.project.address.setText(url)
        self.table.begin(model.table)
        self.project.address.setFocus()
        self._tested = False

    def enter(self, code: SetupCode) -> bool:
        """Fill the steps from ``code``, and forget it; whether all of it went in: the file's keys stay as they are."""
        self.code.start()
        self.project.address.setText(code.url)
        takes_api_key, takes_key = self.project.api_key.isEnabled(), not self.key.field.isReadOnly()
        if takes_api_key:
            self.project.api_key.setText(code.api_key.reveal())
        if takes_key:
            self.key.offer(code.key)
        return takes_api_key and takes_key

    def show_model(self, model: SyncSetupView, complaint: str, refused: str) -> None:
        """Show this; what was typed stays.

        ``complaint``: why it cannot be saved as it is; ``refused``: why it could not be kept when that was tried.
        """
        self.setWindowTitle(model.window_title)
        self._title.setText(model.title)
        self._text.setText(model.text)
        self.code.show_model(model)
        self.project.show_model(model.project)
        self.key.show_model(model.key)
        draft, saves = self.draft, self.draft.key is not None
        self.table.show_model(model.table, saves=saves, complete=not complaint if saves else model.key.exists)
        self.next.show_model(model.next, complete=not complaint)
        for button, text in ((self.test, model.test), (self.forget, model.forget)):
            say(button, text)
        self.saver.setText(model.save)
        keeps_all = draft.api_key is None and not saves and draft.url == model.project.kept_address
        self._cancel.setText(model.close if keeps_all else model.cancel)
        self._tone = model.tone
        for label, text in ((self._said, model.said), (self._advice, model.advice)):
            say(label, text if self._tested else "")
        self._refused = bool(refused)
        say(self._complaint, refused or complaint)
        self.saver.setEnabled(not complaint)
        self.saver.setDefault(not complaint)
        self.test.setEnabled(not complaint and not model.testing)
        describe(self, model.text)
        self._ink()

    def accept(self) -> None:
        """Have saved what is typed; the window is closed once it is."""
        if self.saver.isEnabled():
            self._actions.save(self.draft)

    def hideEvent(self, event: QHideEvent) -> None:
        """Forget what was typed: the secrets are not for whoever opens it next."""
        super().hideEvent(event)
        if not event.spontaneous():
            self.forget_secrets()
            # Nor is the place that was read: whoever opens it next begins at its top.
            self._scroll.verticalScrollBar().setValue(0)
            self.closed.emit()

    def forget_secrets(self) -> None:
        """Show and hold none of them any more."""
        self.project.api_key.setText("")
        for step in (self.code, self.key, self.table, self.next):
            step.start()

    def _try(self) -> None:
        self._tested = True
        self._actions.test(self.draft)

    def _typed(self) -> None:
        # What a test showed was about something else, and so was the code.
        self._tested = False
        for step in (self.table, self.next):
            step.start()
        self.changed.emit()

    def _arrange(self) -> None:
        px = self._theme.px
        page = QWidget()
        rows = QVBoxLayout(page)
        rows.setContentsMargins(px(20), px(18), px(20), px(8))
        rows.setSpacing(px(8))
        for part in (self._title, self._text):
            rows.addWidget(part)
        rows.addSpacing(px(6))
        for part in (self.code, self.project, self.key, self.table, self.next):
            rows.addWidget(part)
        rows.addWidget(self.forget, 0, Qt.AlignmentFlag.AlignLeft)
        rows.addStretch(1)
        end = QHBoxLayout()
        end.setSpacing(px(8))
        end.addWidget(self.test)
        end.addWidget(self._buttons, 1)
        # Below what scrolls: what the test showed is always in sight, and moves no button.
        self._foot = foot(self._theme, self._said, self._advice, self._complaint, end)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        self._scroll = scroll_area(page)
        whole.addWidget(self._scroll, 1)
        whole.addWidget(self._foot)

    def apply_theme(self) -> None:
        """Take the theme's colours, fonts and measures as they are now."""
        super().apply_theme()
        theme, c, px = self._theme, self._theme.tokens, self._theme.px
        self.setStyleSheet(
            self.styleSheet()
            + f"QPlainTextEdit {{ background: {c.card}; color: {c.text}; border: 1px solid {c.line};"
            + f" border-radius: {px(7)}px; padding: {px(4)}px; }}"
            + f"QPlainTextEdit:focus {{ border-color: {c.accent}; }}"
        )
        self._title.setFont(theme.font(16, strong=True))
        self._text.setFont(theme.font(12.5))
        self._text.setStyleSheet(f"color: {c.secondary}")
        for label in (self._said, self._advice, self._complaint):
            label.setFont(theme.font(12))
        for step in (self.code, self.project, self.key, self.table, self.next):
            step.apply_theme()
        style_foot(self._foot, theme)
        self._ink()
        self.resize(fitting(self, QSize(px(_WIDTH), px(_HEIGHT))))

    def _ink(self) -> None:
        colours = self._theme.tokens
        self._said.setStyleSheet(f"color: {colours.ink(self._tone)}")
        self._advice.setStyleSheet(f"color: {colours.secondary}")
        self._complaint.setStyleSheet(f"color: {colours.critical_text if self._refused else colours.secondary}")

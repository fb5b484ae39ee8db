"""Use in Codex in the windows, for the contact sheets."""

from collections.abc import Callable
from datetime import UTC

from msgspec.structs import replace
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QWidget

from probe_tray.core.account.arrangement import Arrangement
from probe_tray.core.account.identity import StoreKind
from probe_tray.core.codex.codex_state import CodexHome, CodexState, CodexUse, CodexUsePhase, HandOver
from probe_tray.core.errors import CodexRunningError, Phrase
from probe_tray.core.feedback import Feedback, FeedbackKind
from probe_tray.core.quota.history import Span
from probe_tray.core.settings import Settings
from probe_tray.core.state import AppState
from probe_tray.ui.details.details_window import DetailsActions, DetailsWindow
from probe_tray.ui.panel.panel import PanelWindow
from probe_tray.ui.question_dialog import QuestionDialog
from probe_tray.ui.settings.settings_dialog import SettingsDialog
from probe_tray.ui.theme import Theme
from probe_tray.ui.tray.icon import IconPainter
from probe_tray.view.codex.use_actions import unknown_login_question
from probe_tray.view.details.details import details
from probe_tray.view.presenter import present
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator
from tests.unit.ui import samples

_HERE = Now(samples.NOW, UTC)
_RUNNING = CodexRunningError(programs=Phrase("{program} (process {n})", program="codex", n="4711")).problem
_SPENT = samples.account("ana@example.com", samples.snapshot(100, 61), stores=(StoreKind.VAULT, StoreKind.OFFICIAL))
_LOW = replace(_SPENT, snapshot=samples.snapshot(96, 61))
_LEE = samples.account("lee@studio.example", samples.snapshot(42, 17))
_ENDED = samples.account("lee@studio.example", samples.snapshot(42, 17), problem=samples.ended())
_USUAL = CodexHome(path="~/.codex", is_default=True, account=_SPENT.key, way=HandOver.LENT)
_READ = Arrangement(codex_told=True)


def codex_pictures(
    theme: Theme, icons: IconPainter, t: Translator, grab: Callable[[QWidget], QPixmap]
) -> list[QPixmap]:
    """The panel while an account is used there, when that fails and when it is used up; then the other windows."""
    return [
        *(grab(_panel(state, theme, icons, t)) for state in _states()),
        *(grab(_details(samples.in_codex(), number, theme, icons, t)) for number in range(2)),
        grab(_question(theme, t)),
        grab(_settings(theme, t)),
    ]


def _states() -> tuple[AppState, ...]:
    used, names = samples.in_codex(), samples.long_names()
    first = replace(names.accounts[0], stores=(StoreKind.VAULT, StoreKind.OFFICIAL))
    told = Feedback(number=1, kind=FeedbackKind.USED_IN_CODEX, account=used.accounts[1].key)
    home = replace(_USUAL, account=first.key)
    failed = CodexUse(account=_LEE.key, home="~/.codex", phase=CodexUsePhase.FAILED, problem=_RUNNING)
    spare = samples.account("a.second.very.long.address@department.of.research.example.org", samples.snapshot(10, 5))
    return (
        replace(used, feedback=(told,)),
        replace(samples.only([_SPENT, _LEE]), codex=CodexState(homes=(_USUAL,), use=failed)),
        replace(samples.only([_LOW, _LEE]), codex=CodexState(homes=(_USUAL,)), arrangement=_READ),
        replace(samples.only([_SPENT, _ENDED]), codex=CodexState(logged_out=frozenset({_ENDED.key}))),
        replace(
            samples.only([replace(first, snapshot=samples.snapshot(100, 81)), spare]), codex=CodexState(homes=(home,))
        ),
    )


def _panel(state: AppState, theme: Theme, icons: IconPainter, t: Translator) -> PanelWindow:
    panel = PanelWindow(theme, icons, samples.idle_actions())
    panel.show_model(present(state, samples.NOW, UTC, t).panel)
    panel.open_at(None)
    return panel


def _details(state: AppState, number: int, theme: Theme, icons: IconPainter, t: Translator) -> DetailsWindow:
    actions = DetailsActions(act=lambda _: None, menu=lambda _key, _around, _at: None, span=lambda _: None)
    window = DetailsWindow(theme, icons, actions)
    model = details(state, state.accounts[number].key, Span.WEEK, _HERE, t)
    assert model is not None
    window.show_model(model)
    window.show()
    return window


def _question(theme: Theme, t: Translator) -> QuestionDialog:
    asking = CodexUse(account=_LEE.key, home="~/.codex", phase=CodexUsePhase.ASKING, found="mia@example.com")
    state = replace(samples.only([_SPENT, _LEE]), codex=CodexState(homes=(_USUAL,), use=asking))
    question = unknown_login_question(state, t)
    assert question is not None
    dialog = QuestionDialog(theme)
    dialog.ask(question, lambda _: None)
    return dialog


def _settings(theme: Theme, t: Translator) -> SettingsDialog:
    dialog = SettingsDialog(theme, t, lambda _: None)
    dialog.open_with(Settings(codex_hand_over=HandOver.WHOLE, codex_homes=("~/.codex-work", "~/.codex-home")))
    dialog.reveal("codex_homes")
    return dialog

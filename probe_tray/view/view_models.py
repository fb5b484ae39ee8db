"""What the views draw: finished words and numbers, nothing left to decide."""

import enum

import msgspec

from probe_tray.core.account.condition import Condition
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.settings import IconInk
from probe_tray.core.state import Way
from probe_tray.view.tray.icon_look import IconLook, Tone


class ActionKind(enum.Enum):
    """What a button does."""

    LOG_IN = "log in"
    REFRESH = "refresh"
    READ_STORES = "read stores"
    SETTINGS = "settings"
    NETWORK_SETTINGS = "network settings"
    """Opens the settings at the proxy."""
    STORAGE_SETTINGS = "storage settings"
    """Opens the settings at the folder of logins."""
    NOTIFICATION_SETTINGS = "notification settings"
    """Opens the settings at the notifications, where a button leads to the system's."""
    DISMISS = "dismiss"
    RELEASE_PAGE = "release page"
    """Opens the page of the newer version in the browser."""
    RENEW = "renew"
    TEST_MODELS = "test models"
    """Asks before the first one."""
    COPY_EMAIL = "copy email"
    MOVE_TO_VAULT = "move to the vault"
    MOVE_TO_FOLDER = "move to the folder"
    """Goes on with the official client's login alone."""
    CHOOSE_FOLDER = "choose a folder"
    """Asks which folder of logins is shared with other tools."""
    DETAILS = "details"
    RENAME = "rename"
    """Edits the name where it stands."""
    IN_ICON = "in the icon"
    """The tray icon is about this account, or again about the tightest."""
    MUTE = "mute"
    """Nothing is notified of the account's quota until its reset."""
    UNMUTE = "unmute"
    IMPORT = "import"
    """Takes logins out of files."""
    EXPORT = "export"
    STOP_SHARING = "stop sharing"
    """Takes the account out of the shared table for all computers. Asks first."""
    USE_IN_CODEX = "use in Codex"
    """The official client works with the account from its next start."""
    PUT_BACK_IN_CODEX = "put back in Codex"
    """What the client had before the first hand-over is in place again."""
    CLOSE_CODEX_USE = "close the use in Codex"
    """What came of the last hand-over was read."""
    CODEX_TOLD = "told of Codex"
    """How a login that is in place there would end was read."""
    REMOVE = "remove"
    """Asks first."""
    UNDO = "undo"
    RESET_VAULT = "reset vault"
    """Asks first."""


class CardAction(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A button: the one thing that helps."""

    kind: ActionKind
    label: str
    key: AccountKey | None = None
    number: int = 0
    """Of the feedback that it is about, where it undoes something."""
    home: str = ""
    """Which of the official client's homes it is about, by its key; empty for the default one."""
    primary: bool = False
    """Whether it is what the text beside it asks for, and not one of several ways."""


class Bar(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One quota window."""

    label: str
    is_short: bool = False
    """Whether it is one of a few hours."""
    percent: int
    """Used, 0 to 100, whatever is shown."""
    percent_text: str
    """Of what is shown: used, or left."""
    amount: str
    """The same with its word, such as "42% used"."""
    tone: Tone
    filled: int
    """How far the bar is filled, 0 to 100."""
    faded: int | None = None
    """How far it is filled faintly beyond that: with what will be used until the reset if it goes on like this."""
    pace: int | None
    """Where an even pace would stand, 0 to 100."""
    outlook: str = ""
    """The same as a sentence."""
    runs_out: bool = False
    """Whether it is used up before its reset then."""
    reset: str
    """Both ways, where there is room."""
    reset_short: str
    reset_widest: str
    """The widest text of a reset this week, both ways: every card leaves room for it, so that their bars align."""


class Notice(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A problem as a sentence with the button that helps."""

    text: str
    tone: Tone
    action: CardAction | None = None
    other: CardAction | None = None
    """A second way out, where the first may not be open."""

    @property
    def actions(self) -> tuple[CardAction, ...]:
        """Its buttons, the best one first."""
        return tuple(a for a in (self.action, self.other) if a is not None)


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is asked once before it is done."""

    window_title: str
    title: str
    text: str
    check: str = ""
    """A choice that is off at first; empty where there is none."""
    yes: str
    no: str
    destructive: bool = True
    """Whether "yes" takes something away that does not come back by itself."""


class Card(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One account, or something else that stands in the list because it needs a person."""

    name: str
    """Stays the same while the card is about the same thing."""
    key: AccountKey | None
    condition: Condition
    title: str
    subtitle: str = ""
    plan: str = ""
    look: IconLook
    bars: tuple[Bar, ...] = ()
    dimmed: bool = False
    """The numbers are old."""
    life: str = ""
    """How long the login lasts, where there is room."""
    life_short: str = ""
    life_more: tuple[str, ...] = ()
    """The same with what a computer last did with it in the shared table, the longest first: shown where it fits."""
    checked: str = ""
    notice: Notice | None = None
    spoken: str
    """The whole card for a screen reader."""
    hover: str = ""
    trend: tuple[int | None, ...] = ()
    """The last seven days of its longest window in equal stretches, 0 to 100; None where nothing was heard."""
    brief: str = ""
    """The one thing to know of it, for the end of a line."""
    mark: str = ""
    """Where it is in use, in a word; empty where it isn't."""
    label: str
    """The title with what tells the account from another one, where no subtitle stands beside it."""
    plan_beside: str = ""
    """The plan, unless the label has it."""


class MenuRow(msgspec.Struct, frozen=True, kw_only=True):
    """An account in the menu."""

    key: AccountKey
    look: IconLook
    text: str
    chosen: bool = False
    """Whether it is the one in use, where one of several is chosen."""
    there: bool = True
    """Whether it can be pressed: an account may go while the menu is open."""


class UseMenu(msgspec.Struct, frozen=True, kw_only=True):
    """The submenu for the account that the official client works with."""

    title: str
    """Empty where there is no account to choose."""
    rows: tuple[MenuRow, ...]
    all_accounts: str
    """Empty when all of them are in the menu."""
    put_back: CardAction | None
    """Puts back what the client had before; None where nothing of it is kept."""


class PauseMenu(msgspec.Struct, frozen=True, kw_only=True):
    """The submenu for notifications."""

    title: str
    hour: str
    tomorrow: str
    resume: str
    """Empty while notifications are shown."""


class Menu(msgspec.Struct, frozen=True, kw_only=True):
    """The tray's menu. ``&`` stands before the letter that the keyboard chooses a row with."""

    summary: str
    best: str
    """The account to go on with; empty where there is no choice."""
    best_account: AccountKey | None
    """None where that can't be opened, as its account went while the menu is open."""
    use_next: CardAction | None
    """Has the official client go on with another account; None while the one in use there lasts.

    Without a key where that account went while the menu is open.
    """
    log_in: str
    rows: tuple[MenuRow, ...]
    all_accounts: str
    """Empty when all of them are in the menu."""
    use: UseMenu
    refresh: str
    renew: str
    test_models: str
    import_logins: str
    export: str
    sync: str
    show: str
    pause: PauseMenu
    more: str
    """The submenu with what is rarely needed."""
    hide_names: str
    names_hidden: bool
    settings: str
    help: str
    about: str
    release: str
    """The newer version; empty where none is known."""
    quit: str


class Tray(msgspec.Struct, frozen=True, kw_only=True):
    """The icon and the words beside it."""

    look: IconLook
    tooltip: str
    """At most 127 characters, which is all that Windows shows."""
    ink: IconInk = IconInk.AUTOMATIC
    known: bool = True
    """Whether ``look`` tells of this run; until then what the last run knew stays in the tray."""
    about: AccountKey | None = None
    """The account that it is about; None where that depends on the numbers of all."""
    tightest: float | None = None
    """The use of it, in percent, from which another account takes its place; None where none does."""


class Welcome(msgspec.Struct, frozen=True, kw_only=True):
    """The page of a first start."""

    title: str
    text: str
    hint: str
    button: str
    folder: str
    choose_folder: str
    """The title of the window in which a folder is chosen."""
    import_logins: str


class PasteField(msgspec.Struct, frozen=True, kw_only=True):
    """Where the address is pasted that the browser ended at."""

    label: str
    button: str
    problem: str
    """What was wrong with the address before; empty when nothing was."""
    at_once: bool
    """Shown from the start, and not only when it is asked for."""


class LoginView(msgspec.Struct, frozen=True, kw_only=True):
    """The small window of a login."""

    window_title: str
    title: str
    text: str
    failed: bool
    code: str = ""
    """What is typed into ``page``; empty without such a code."""
    page: str = ""
    open_again: str = ""
    """Empty: no such button now. The same for the other buttons."""
    copy_address: str = ""
    copy_code: str = ""
    copied: str = ""
    """What a button says for a moment after it has copied."""
    other_ways: str = ""
    """Stands above the buttons for other ways; may be empty while these are there."""
    use_browser: str = ""
    use_code: str = ""
    paste: str = ""
    field: PasteField | None = None
    """Where an address can be pasted into this login; None: it has to be another login."""
    settings: str = ""
    log_in_again: str = ""
    cancel: str
    account: AccountKey | None
    way: Way

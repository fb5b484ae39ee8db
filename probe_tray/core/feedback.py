"""What the person is told of what they have just done, and how it is undone."""

import enum

import msgspec

from probe_tray.core.account.arrangement import Arrangement
from probe_tray.core.account.identity import AccountKey


class FeedbackKind(enum.Enum):
    """What was done."""

    RENAMED = "renamed"
    REMOVED = "removed"
    """It is out of sight; its login is deleted when nobody has undone that in time."""
    REMOVED_AND_ENDED = "removed and ended"
    """Its login was ended at the service too, which nothing takes back."""
    NOT_REMOVED = "not removed"
    """Another login of the account came meanwhile, and stays."""
    RESTORED = "restored"
    LOGGED_IN = "logged in"
    LOGGED_IN_AFTER_ALL = "logged in after all"
    """The login was being saved already when the person cancelled it."""
    LOGIN_CANCELLED = "login cancelled"
    RENEWED = "renewed"
    MOVED = "moved"
    """Its login is kept in the other store."""
    MUTED = "muted"
    UNMUTED = "unmuted"
    SORTED = "sorted"
    LAID_OUT = "laid out"
    PINNED = "pinned"
    UNPINNED = "unpinned"
    IN_ICON = "in icon"
    NOT_IN_ICON = "not in icon"
    NAMES_HIDDEN = "names hidden"
    NAMES_SHOWN = "names shown"
    USED_IN_CODEX = "used in Codex"
    """The official client works with the account from its next start."""
    PUT_BACK_IN_CODEX = "put back in Codex"
    """What was in the official client's place before the first hand-over is there again."""
    IMPORTED = "imported"
    SETTINGS_SAVED = "settings saved"
    UNDONE = "undone"


class UndoRemoval(msgspec.Struct, frozen=True):
    """Keep the account after all."""

    account: AccountKey


class UndoArrangement(msgspec.Struct, frozen=True):
    """Put back what one change of the arrangement has changed."""

    before: Arrangement
    after: Arrangement


class UndoPrivacy(msgspec.Struct, frozen=True):
    """Hide the names again, or show them."""

    privacy: bool


class UndoMute(msgspec.Struct, frozen=True):
    """Notify of the account's quota again, or not."""

    account: AccountKey
    muted: bool


Undo = UndoRemoval | UndoArrangement | UndoPrivacy | UndoMute
"""How something is undone."""


class Feedback(msgspec.Struct, frozen=True, kw_only=True):
    """One sentence about what was done, until its time is over."""

    number: int
    """Tells it from all others of this run."""
    kind: FeedbackKind
    account: AccountKey | None = None
    """The one it is about, None where it is about none or several."""
    count: int = 0
    """How many logins it is about, where it counts them."""
    undo: Undo | None = None
    """None where nothing can be undone."""


class ArrangementFeedback(msgspec.Struct, frozen=True, kw_only=True):
    """What a change of the arrangement is called."""

    kind: FeedbackKind
    slug: str = ""
    """The account it is about, empty where it is about none or several."""
    undoable: bool = True
    """Whether it is undone as a whole here; what the icon shows depends on a setting as well."""


def arrangement_feedback(before: Arrangement, after: Arrangement) -> ArrangementFeedback | None:
    """What the person has changed; None where that is nothing they would notice."""
    named = {alias.slug for alias in {*before.aliases} ^ {*after.aliases}}
    if named:
        return ArrangementFeedback(kind=FeedbackKind.RENAMED, slug=named.pop())
    if before.in_icon != after.in_icon:
        kind = FeedbackKind.IN_ICON if after.in_icon else FeedbackKind.NOT_IN_ICON
        return ArrangementFeedback(kind=kind, slug=after.in_icon, undoable=False)
    if before.pinned != after.pinned:
        kind = FeedbackKind.PINNED if after.pinned else FeedbackKind.UNPINNED
        return ArrangementFeedback(kind=kind, undoable=False)
    if (before.sort, before.order) != (after.sort, after.order):
        return ArrangementFeedback(kind=FeedbackKind.SORTED)
    if before.density is not after.density:
        return ArrangementFeedback(kind=FeedbackKind.LAID_OUT)
    return None

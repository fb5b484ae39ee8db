"""Words for importing and exporting that the windows and the command share."""

from collections.abc import Collection, Iterable, Mapping

from probe_tray.core.errors import Problem
from probe_tray.core.formats.login_fields import Format
from probe_tray.core.transfer.import_plan import ImportAction
from probe_tray.view.text.privacy import mask
from probe_tray.view.text.translate import Translator, mark
from probe_tray.view.view_models import Tone

MISSING = "–"
_MOST_NAMED = 4
_ACTIONS: Mapping[ImportAction, tuple[str, Tone | None]] = {
    ImportAction.ADD: (mark("New"), Tone.CALM),
    ImportAction.REPLACE: (mark("Newer than the saved login"), Tone.CALM),
    ImportAction.EXCHANGE: (mark("Replaces the saved login"), Tone.CALM),
    ImportAction.SAME: (mark("Already here"), None),
    ImportAction.OLDER: (mark("Skipped: the saved login is at least as new"), None),
    ImportAction.NOT_RENEWABLE: (mark("Skipped: only the saved login can be renewed"), Tone.WARNING),
    ImportAction.DOUBLE: (mark("Skipped: another login for this account was found"), None),
    ImportAction.NOT_A_LOGIN: (mark("Skipped: not a credential file"), Tone.CALM),
    ImportAction.ANOTHER_SERVICE: (mark("Skipped: for another service, or an API key"), Tone.CALM),
    ImportAction.DEAD: (mark("Skipped: no longer works"), Tone.CRITICAL),
    ImportAction.UNUSABLE: (mark("Skipped: not a login"), Tone.CRITICAL),
}
_FORMATS: Mapping[Format, str] = {
    Format.PROBE: "codex-probe",
    Format.PROXY_API: "CLIProxyAPI",
    Format.OFFICIAL: mark("Codex client"),
    Format.SUB2API: "sub2api",
    Format.OPENCODE: "OpenCode",
    Format.SESSION: mark("ChatGPT session"),
    Format.CAMEL_CASE: mark("another program"),
    Format.TOKEN: mark("access token"),
}


def action_words(action: ImportAction, t: Translator) -> str:
    """What happens to a login."""
    return t(_ACTIONS[action][0])


def action_tone(action: ImportAction) -> Tone | None:
    """How good that is; None where it does not matter."""
    return _ACTIONS[action][1]


def format_name(kind: Format | None, t: Translator) -> str:
    """Whose file it is."""
    return MISSING if kind is None else t(_FORMATS[kind])


def place_of(location: str, entry: int, t: Translator) -> str:
    """The file, and which of its entries where it has several."""
    return t("{file}, entry {n}", file=location, n=str(entry)) if entry else location


def expected(taken: int, found: int, place: str, t: Translator, *, are_logins: bool) -> str:
    """How many of what was found will be kept, and where. ``are_logins``: all of it could be read as logins."""
    if not are_logins:
        return t.plural(
            "{taken} of {n} entry will be saved in {place}.",
            "{taken} of {n} entries will be saved in {place}.",
            found,
            taken=str(taken),
            place=place,
        )
    return t.plural(
        "{taken} of {n} login will be saved in {place}.",
        "{taken} of {n} logins will be saved in {place}.",
        found,
        taken=str(taken),
        place=place,
    )


def outcome_words(taken: int, left: int, failed: int, t: Translator) -> str:
    """How many were imported, left out, and failed."""
    return t.plural(
        "{n} login imported, {left} skipped, {failed} failed.",
        "{n} logins imported, {left} skipped, {failed} failed.",
        taken,
        left=str(left),
        failed=str(failed),
    )


def not_renewable_words(names: Collection[str], t: Translator) -> str:
    """That what is exported of ``names`` works for days, though refresh tokens were to be in it."""
    return t.plural(
        "No refresh token is saved for {names}: that login stops working when its access token expires.",
        "No refresh tokens are saved for {names}: those logins stop working when their access tokens expire.",
        len(names),
        names=enumerated(names, t),
    )


def enumerated(names: Iterable[str], t: Translator) -> str:
    """The first few of ``names``, and how many more there are."""
    named = list(names)
    more = len(named) - _MOST_NAMED
    if more <= 0:
        return ", ".join(named)
    rest = t.plural("{n} more", "{n} more", more)
    return ", ".join((*named[:_MOST_NAMED], rest))


def without_names(text: str, *, privacy: bool) -> str:
    """``text`` as it may be shown: files are named after their owners, the sign in an address written out."""
    return mask(text.replace("_at_", "@")) if privacy else text


def said_once(problems: Iterable[Problem], t: Translator) -> tuple[str, ...]:
    """What happened and what to do, each sentence once."""
    told = (t.told(p) for p in problems)
    return tuple(dict.fromkeys(told))

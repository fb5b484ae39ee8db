"""What ``codex-probe use`` says."""

from collections.abc import Callable, Sequence

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.codex.codex_state import ClientProcess, CodexHome, CodexKeeper, CodexUse, HandOver
from probe_tray.view.text.translate import Translator

NameOf = Callable[[AccountKey], str]
"""What a person calls an account."""


def home_words(home: CodexHome, name: NameOf, t: Translator) -> str:
    """Which account a home uses, and who renews its login."""
    return t("{home}: {words}", home=home.path, words=_used(home, name, t))


def _used(home: CodexHome, name: NameOf, t: Translator) -> str:
    if home.account is None:
        return t("not logged in with an account")
    who = name(home.account)
    match home.way:
        case None:
            return t("{name}, logged in with Codex itself", name=who)
        case HandOver.LENT:
            return t("{name}, renewed by Probe Tray", name=who)
        case HandOver.WHOLE:
            return t("{name}, renewed by Codex", name=who)


def result_words(use: CodexUse, keeper: CodexKeeper, name: NameOf, t: Translator, *, is_first: bool) -> Sequence[str]:
    """What came of a hand-over, a sentence each; what ends a login is said with the first."""
    words: list[str] = []
    if use.account is None:
        words.append(t("Codex uses its earlier login again from its next start."))
    else:
        words.append(t("Codex uses {name} from its next start.", name=name(use.account)))
    if keeper is CodexKeeper.KEYRING:
        words.append(t("Codex keeps this login in the keyring, as set in its config.toml."))
    if use.taken_back is not None:
        words.append(t("The login of {name} that Codex had was saved first.", name=name(use.taken_back)))
    if use.kept:
        words.append(t("What Codex had before was kept. codex-probe use --put-back brings it back."))
    if use.account is not None and use.way is HandOver.LENT:
        words.append(t("Run Probe Tray or codex-probe --renew at least every three days: only they renew this login."))
    if use.account is not None and use.way is HandOver.WHOLE:
        words.append(t("Codex renews this login from now on."))
    if use.account is not None and is_first:
        words.append(
            t(
                "Don't use codex logout or codex login to change accounts: they end this login. Use codex-probe use "
                "instead."
            )
        )
    if use.running:
        words.append(
            t("These keep the old account until you restart them: {programs}", programs=_programs(use.running, t))
        )
    return words


def keep_question(found: str, t: Translator) -> str:
    """Whether the login in place becomes an account here."""
    return t("Codex is logged in as {name}, which Probe Tray doesn't have. Keep that login here first?", name=found)


def keep_advice(found: str, t: Translator) -> str:
    """What a script does about it."""
    return t(
        "Codex is logged in as {name}, which Probe Tray doesn't have. To save that login here first, add --keep. "
        "Nothing was changed.",
        name=found,
    )


def _programs(running: Sequence[ClientProcess], t: Translator) -> str:
    return t(", ").join(t("{program} (process {n})", program=one.name, n=str(one.number)) for one in running)

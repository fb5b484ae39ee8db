"""What is said when the official client gets another account."""

from collections.abc import Iterator, Sequence

from probe_tray.core.handover.hand_over import Returned
from probe_tray.view.text.translate import Translator


def after_hand_over(before: Returned, before_who: str, who: Sequence[str], t: Translator) -> Iterator[str]:
    """What has been done, sentence by sentence; ``who`` is empty where an earlier login was put back.

    ``before`` is what became of the login of ``before_who`` that the client had.
    """
    if not who:
        yield t("Codex has its earlier login again, from its next start.")
    else:
        yield t("Codex works with {who} from its next start.", who=who[0])
        yield t(
            "Probe Tray renews this login and gives Codex each new one: leave the tray app running, or run codex-probe "
            "--renew every day."
        )
    if before is Returned.ADOPTED and before_who:
        yield t("The login of {who} that Codex had is in Probe Tray.", who=before_who)
    if before is Returned.ASIDE:
        yield t("The login that Codex had was set aside. To put it back: codex-probe use --back")


def clients_keep(clients: Sequence[tuple[str, int]], t: Translator) -> str:
    """Which clients go on with the account they were started with."""
    names = ", ".join(t("{program} (process {n})", program=name, n=str(process)) for name, process in clients)
    return t("Running clients keep their account until you restart them: {names}.", names=names)


def foreign_question(who: str, t: Translator) -> str:
    """Whether a login becomes an account here that Probe Tray doesn't know."""
    return t("Codex is logged in as {who}, which isn't in Probe Tray. Add it?", who=who)

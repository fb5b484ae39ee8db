"""What is shown of a test of models: the question before it, how far it is, and what each model answered."""

import msgspec

from probe_tray.core.models.model_test import ListedBy, ModelResult, ModelRun, ModelTest
from probe_tray.core.state import AccountState, AppState
from probe_tray.view.panel.survey import label, told_apart
from probe_tray.view.text.privacy import discreet_account
from probe_tray.view.text.reasons import used_up_words
from probe_tray.view.text.times import Now, stamp
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import Question, Tone

_MISSING = "–"


class TriedModel(msgspec.Struct, frozen=True, kw_only=True):
    """One model."""

    model: str
    latency: str
    said: str
    """Whether it is available, else why not."""
    advice: str = ""
    """What to do about it."""
    told: str = ""
    """Both in one, of a model that is not available."""
    tone: Tone | None = None
    """None while it has not answered."""


class TriedAccount(msgspec.Struct, frozen=True, kw_only=True):
    """One account and its models."""

    name: str
    said: str
    tone: Tone | None
    rows: tuple[TriedModel, ...]


class ModelTestView(msgspec.Struct, frozen=True, kw_only=True):
    """The window of the test that runs or that ran last."""

    window_title: str
    title: str
    text: str
    columns: tuple[str, str, str]
    accounts: tuple[TriedAccount, ...]
    done: int
    """Models that were tried."""
    total: int
    """Models that are known to be tried, at least one more than ``done`` while accounts wait."""
    stop: str
    """Empty: nothing runs. Likewise ``again``: something does."""
    again: str
    close: str


def consent(count: int, t: Translator) -> Question:
    """What is said before the first test: it costs something. ``count``: so many accounts."""
    return Question(
        window_title=t("Test models"),
        title=t("Test models?"),
        text=t.plural(
            (
                "This sends one short question to up to three models of {n} account and uses a little "
                "quota. Probe Tray will not ask again."
            ),
            (
                "This sends one short question to up to three models of each of {n} accounts and uses a "
                "little quota. Probe Tray will not ask again."
            ),
            count,
        ),
        yes=t("&Test"),
        no=t("Cancel"),
        destructive=False,
    )


def model_test(state: AppState, now: Now, t: Translator) -> ModelTestView:
    """The window for the run that ``state`` knows; without one it says that nothing was tested yet."""
    run = state.model_run or ModelRun(started_at=now.moment, accounts=(), running=False)
    settings = state.settings
    apart = told_apart(state.accounts, settings)
    found = [discreet_account(a, settings) for key in run.accounts if (a := state.account(key)) is not None]
    tests = [_of_run(a, run) for a in found]
    waiting = sum(test is None for test in tests) if run.running else 0
    known = [test for test in tests if test is not None]
    done = sum(len(test.results) for test in known)
    return ModelTestView(
        window_title=t("Test models"),
        title=_title(run, found, known, t),
        text=_text(run, known, len(found), now, t),
        columns=(t("Model"), t("Time to answer"), t("Result")),
        accounts=tuple(
            _account(label(a, apart.get(a.key, ""), t), test, run, now, t) for a, test in zip(found, tests, strict=True)
        ),
        done=done,
        total=sum(len(test.models) for test in known) + waiting,
        stop=t("&Stop") if run.running else "",
        again="" if run.running or not found else t("&Test again"),
        close=t("Close"),
    )


def _of_run(account: AccountState, run: ModelRun) -> ModelTest | None:
    test = account.models
    return test if test is not None and test.started_at >= run.started_at else None


def _title(run: ModelRun, found: list[AccountState], known: list[ModelTest], t: Translator) -> str:
    if not found:
        return t("No account to test")
    if run.running:
        return t("Testing models…")
    able = sum(test.available for test in known)
    if able == 1 and len(found) > 1:
        return t("1 of {n} accounts has a working model", n=str(len(found)))
    return t.plural(
        "{able} of {n} account has a working model",
        "{able} of {n} accounts have a working model",
        len(found),
        able=str(able),
    )


def _text(run: ModelRun, known: list[ModelTest], count: int, now: Now, t: Translator) -> str:
    if not count:
        return t("Log in first, then test again.")
    complete = sum(test.complete for test in known)
    if run.running:
        said = t.plural("{done} of {n} account done.", "{done} of {n} accounts done.", count, done=str(complete))
        return t.joined((said, t("The test continues if you close this window.")))
    words = [t("Tested: {when}.", when=stamp(run.started_at, now, t))]
    if complete < count:
        words = [t("Stopped. The results so far are kept.")]
    if any(test.listed_by is ListedBy.SETTINGS and test.problem is None for test in known):
        words.append(t("OpenAI returned no model list, so the one in Settings was used."))
    return t.joined(words)


def _account(called: str, test: ModelTest | None, run: ModelRun, now: Now, t: Translator) -> TriedAccount:
    if test is None:
        said = t("Waiting…") if run.running else t("Not tested")
        return TriedAccount(name=called, said=said, tone=None, rows=())
    if test.problem is not None:
        said = t.told(test.problem)
        return TriedAccount(name=called, said=said, tone=Tone.CRITICAL, rows=())
    done = {result.model: result for result in test.results}
    rows = tuple(_row(model, done.get(model), run, now, t) for model in test.models)
    able = sum(result.available for result in test.results)
    if not test.complete:
        said = t("{done} of {count} tested", done=str(len(test.results)), count=str(len(test.models)))
        return TriedAccount(name=called, said=said, tone=None, rows=rows)
    said = t("{able} of {count} available", able=str(able), count=str(len(test.models)))
    tone = Tone.CALM if able == len(test.models) else Tone.WARNING if able else Tone.CRITICAL
    return TriedAccount(name=called, said=said, tone=tone, rows=rows)


def _row(model: str, result: ModelResult | None, run: ModelRun, now: Now, t: Translator) -> TriedModel:
    if result is None:
        return TriedModel(model=model, latency="", said=t("Asking…") if run.running else t("Not tested"))
    latency = _MISSING if result.latency is None else t("{seconds} s", seconds=f"{result.latency:.1f}")
    if result.problem is None:
        return TriedModel(model=model, latency=latency, said=t("Available"), tone=Tone.CALM)
    said, advice = t.title(result.problem), t.hint(result.problem)
    if result.resets_at is not None:
        said, advice = used_up_words(result.resets_at, said, now, t), ""
    told = t.joined((said, advice))
    return TriedModel(model=model, latency=latency, said=said, advice=advice, told=told, tone=Tone.CRITICAL)

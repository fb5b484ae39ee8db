"""What is shown while answers arrive."""

from datetime import UTC, datetime, timedelta

from probe_tray.cli.tables.board import Board, BoardContent
from probe_tray.cli.tables.layout import Line
from probe_tray.core.account.report import AccountReport, RenewalReport, RenewalResult
from probe_tray.core.errors import UnavailableError
from probe_tray.core.models.model_test import ListedBy, ModelResult, ModelTest
from probe_tray.core.settings import Percentages
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator

NOW = Now(datetime(2026, 11, 22, 12, tzinfo=UTC), UTC)
LOGINS = [AccountReport(location=f"{n}.json", email=f"p{n:02}@example.com", plan="plus") for n in range(40)]
FAILED = AccountReport(location="0.json", email="p00@example.com", problem=UnavailableError(status="503").problem)


def board(count: int = 3, *, renew: bool = False, status: bool = False, test: bool = False) -> Board:
    return Board(
        LOGINS[:count], BoardContent(renew=renew, status=status, test=test, percentages=Percentages.USED), Translator()
    )


def text(line: Line) -> str:
    return "".join(piece.text for piece in line).rstrip()


def trial(*results: bool) -> ModelTest:
    problem = UnavailableError(status="503").problem
    done = tuple(ModelResult(model=f"m{n}", problem=None if good else problem) for n, good in enumerate(results))
    models = ("m0", "m1", "m2")
    return ModelTest(started_at=NOW.moment, models=models, listed_by=ListedBy.SERVICE, results=done)


def test_logins_that_wait_are_in_their_place_from_the_start() -> None:
    shown = list(map(text, board(2, status=True).table({}, NOW, 80, 24)))
    assert shown[0] == "Account          Plan  5 h  Week  State"
    assert shown[2:] == ["p00@example.com  plus  …    …     …", "p01@example.com  plus  …    …     …"]


def test_an_answer_fills_its_row() -> None:
    shown = list(map(text, board(2, status=True).table({0: FAILED}, NOW, 160, 24)))
    assert shown[2].startswith("p00@example.com")
    assert "…" not in shown[2]
    assert shown[3].endswith("…")


def test_what_was_ordered_together_is_one_row() -> None:
    renewed = RenewalReport(result=RenewalResult.RENEWED)
    done = {0: AccountReport(location="0.json", email="p00@example.com", renewal=renewed, models=trial(True, False))}
    shown = list(map(text, board(2, renew=True, test=True).table(done, NOW, 80, 24)))
    assert shown[2:] == ["p00@example.com  renewed  2 of 3 tried", "p01@example.com  …        …"]


def test_a_screen_that_is_too_low_shows_the_latest_answers() -> None:
    done = {n: LOGINS[n] for n in (5, 3, 30, 2, 9)}
    shown = list(map(text, board(40, status=True).table(done, NOW, 80, 10)))
    assert [line.split("@")[0] for line in shown[2:]] == ["p03", "p30", "p02", "p09"]


def test_the_bar_tells_how_far_it_is_and_how_to_stop() -> None:
    done = {0: FAILED, 1: LOGINS[1]}
    said = text(board(8, status=True).progress(done, timedelta(seconds=65), 100))
    assert said == "━" * 6 + "─" * 18 + "  2 of 8 · 1 failed · 1:05 · Ctrl-C stops and keeps what is done"


def test_a_narrow_terminal_gets_as_much_of_it_as_there_is_room_for() -> None:
    assert text(board(8, status=True).progress({}, timedelta(), 36)) == "─" * 24 + "  0 of 8"
    assert text(board(8, status=True).progress({}, timedelta(), 10)) == "─" * 10


def test_models_are_counted_after_everything_else_and_when_all_of_a_login_are_done() -> None:
    both = board(2, status=True, test=True)
    asked = {0: LOGINS[0], 1: LOGINS[1]}
    assert "1 of 2" in text(both.progress({0: LOGINS[0]}, timedelta(), 100))
    assert "Models: 0 of 2" in text(both.progress(asked, timedelta(), 100))
    tried = AccountReport(location="0.json", models=trial(True, True, False))
    partly = AccountReport(location="1.json", models=trial(True))
    assert "Models: 1 of 2" in text(both.progress({0: tried, 1: partly}, timedelta(), 100))

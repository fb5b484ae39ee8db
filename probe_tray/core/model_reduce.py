"""How a test of models changes the state."""

from msgspec.structs import replace

from probe_tray.core.models.model_test import ModelRun, ModelTestEnded, ModelTestProgress, ModelTestStarted
from probe_tray.core.state import AppState


def reduce_models(state: AppState, event: ModelTestStarted | ModelTestProgress | ModelTestEnded) -> AppState:
    """The state after the event. What an account's last test brought stays until the next one of it begins."""
    match event:
        case ModelTestStarted(accounts=accounts, at=at):
            return replace(state, model_run=ModelRun(started_at=at, accounts=accounts))
        case ModelTestProgress(key=key, test=test):
            if state.account(key) is None:
                return state
            accounts = tuple(replace(a, models=test) if a.key == key else a for a in state.accounts)
            return replace(state, accounts=accounts)
        case ModelTestEnded():
            run = state.model_run
            return state if run is None else replace(state, model_run=replace(run, running=False))

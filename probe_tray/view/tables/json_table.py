"""The JSON of ``codex-probe``: everything that was understood, times in UTC (RFC 3339)."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from probe_tray.core.account.report import AccountReport, RenewalReport
from probe_tray.core.models.model_test import ListedBy, ModelTest
from probe_tray.core.quota.snapshot import Capacity, Snapshot
from probe_tray.core.quota.usage_parser import blocked_until, capacity
from probe_tray.view.tables.result_failure import ResultFailure, json_result, result_failure
from probe_tray.view.text.reasons import used_up
from probe_tray.view.text.translate import Translator


class _RenewalEntry(msgspec.Struct, frozen=True, kw_only=True):
    result: str
    reason: str | None
    error: ResultFailure | None


class _Model(msgspec.Struct, frozen=True, kw_only=True):
    model: str
    available: bool
    latency_seconds: float | None
    upstream_status: int
    resets_at: datetime | None
    error: ResultFailure | None


class _ModelTestEntry(msgspec.Struct, frozen=True, kw_only=True):
    started_at: datetime
    listed_by: ListedBy
    sample_models: tuple[str, ...]
    available: bool
    models: list[_Model]


class _AccountEntry(msgspec.Struct, frozen=True, kw_only=True):
    file: str
    account_id: str
    email: str
    workspace: str
    plan_type: str
    access_token_expires_at: datetime | None
    upstream_status: int
    api_key: bool
    state: Capacity
    no_capacity_until: datetime | None
    no_capacity_reason: str | None
    quota: Snapshot | None
    error: ResultFailure | None
    renewal: _RenewalEntry | None
    model_test: _ModelTestEntry | None


class _AccountList(msgspec.Struct, frozen=True):
    accounts: list[_AccountEntry]


def accounts_json(reports: Iterable[AccountReport]) -> bytes:
    """The result of ``--renew``, ``--status`` and ``--apitest``: indented by two spaces, with a final newline."""
    t = Translator()
    found = _AccountList([_account(r, t) for r in reports])
    return json_result(found)


def _account(report: AccountReport, t: Translator) -> _AccountEntry:
    snapshot = report.snapshot
    return _AccountEntry(
        file=report.location,
        account_id=report.account_id,
        email=report.email,
        workspace=report.workspace,
        plan_type=report.plan,
        access_token_expires_at=report.expires_at,
        upstream_status=report.upstream_status,
        api_key=report.api_key,
        state=capacity(snapshot) if snapshot else Capacity.UNKNOWN,
        no_capacity_until=blocked_until(snapshot) if snapshot else None,
        no_capacity_reason=used_up(snapshot, t) if snapshot and capacity(snapshot) is Capacity.LIMITED else None,
        quota=snapshot,
        error=result_failure(report.problem, t) if report.problem else None,
        renewal=_renewal(report.renewal, t) if report.renewal else None,
        model_test=_model_test(report.models, t) if report.models else None,
    )


def _renewal(renewal: RenewalReport, t: Translator) -> _RenewalEntry:
    return _RenewalEntry(
        result=renewal.result.value,
        reason=renewal.reason.value if renewal.reason else None,
        error=result_failure(renewal.problem, t) if renewal.problem else None,
    )


def _model_test(test: ModelTest, t: Translator) -> _ModelTestEntry:
    return _ModelTestEntry(
        started_at=test.started_at,
        listed_by=test.listed_by,
        sample_models=test.models,
        available=test.available,
        models=[
            _Model(
                model=result.model,
                available=result.available,
                latency_seconds=None if result.latency is None else round(result.latency, 3),
                upstream_status=result.upstream_status,
                resets_at=result.resets_at,
                error=result_failure(result.problem, t) if result.problem else None,
            )
            for result in test.results
        ],
    )

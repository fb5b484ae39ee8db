"""Models: which ones an account is offered, which are tried, and what the first event of an answer says.

Service facts: the list, its fields, the test of one model and its failure texts.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from probe_tray.core.errors import (
    ModelFailedError,
    ModelRefusedError,
    ModelSilentError,
    Phrase,
    ProbeError,
    QuotaUsedUpError,
    RateLimitedError,
    StrangeAnswerError,
    UnavailableError,
)
from probe_tray.core.service.answer import Answer, judge
from probe_tray.core.service.lenient import flag, json_object, mapping, number, object_in, sequence, text

SAMPLED = 3
"""So many models of each login are tried, unless the person wants all of them or names some."""

_LAST = float("inf")
_USED_UP = frozenset({"usage_limit_reached", "usage_limit_exceeded", "insufficient_quota"})
_FAILURES = frozenset({"response.failed", "error"})
_LATEST = 1e11
"""Unix seconds, the year 5138: milliseconds lie beyond it."""
_LINES = re.compile(rb"\r\n|\r|\n")
_LONG_WORD = re.compile(r"\S{40,}")
"""No sentence has such a word; a token or a key that the service repeats would be one."""
_OPENING = re.compile(r"\A(?:The|This|That|Your|You|It|No)\b")
"""Such a word is written large only because it begins a sentence; a name would stay as it is."""


class ModelChoice(msgspec.Struct, frozen=True, kw_only=True):
    """Which models are to be tried for each login."""

    named: tuple[str, ...] = ()
    """Exactly these; empty: out of those that the service offers."""
    every: bool = False
    """All that are offered instead of a sample."""
    fallback: tuple[str, ...] = ()
    """The setting ``models``: what is taken to be offered where the service does not tell."""


class ModelVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """What one answer says about one model."""

    problem: ProbeError | None = None
    """Why the model is not available; None when it is."""
    resets_at: datetime | None = None
    """When the quota that is used up comes back, aware UTC; None where the service did not say."""


def read_models(body: bytes) -> tuple[str, ...]:
    """The names of the models that are offered, in the service's order; each once.

    Only what is to be listed and is not said to be unsupported; an entry that cannot be read is left out. Raises
    StrangeAnswerError for a body that is no list of models.
    """
    found: dict[str, float] = {}
    for entry in map(mapping, sequence(json_object(body).get("models"))):
        slug, priority = text(entry.get("slug")), number(entry.get("priority"))
        listed = text(entry.get("visibility")).lower() == "list"
        if slug and listed and flag(entry.get("supported_in_api")) is not False:
            found.setdefault(slug, _LAST if priority is None else priority)
    return tuple(sorted(found, key=found.__getitem__))


def choose(choice: ModelChoice, offered: Sequence[str], chance: Callable[[float, float], float]) -> tuple[str, ...]:
    """The models to try: those named, all that are ``offered``, or three of these drawn by ``chance(low, high)``."""
    if choice.named:
        return tuple(dict.fromkeys(choice.named))
    left = list(dict.fromkeys(offered))
    if choice.every or len(left) <= SAMPLED:
        return tuple(left)
    drawn = {left.pop(min(int(chance(0, len(left))), len(left) - 1)) for _ in range(SAMPLED)}
    return tuple(name for name in dict.fromkeys(offered) if name in drawn)


def judge_model(answer: Answer, *, host: str, now: datetime) -> ModelVerdict:
    """Whether the model answers: the stream has opened (2xx) and its first event is no failure."""
    problem = judge(answer, host=host, now=now)
    if problem is None:
        return _first_event(answer)
    if not isinstance(problem, RateLimitedError | StrangeAnswerError | UnavailableError):
        return ModelVerdict(problem=problem)
    said = object_in(answer.body) or {}
    error = mapping(said.get("error")) or mapping(said.get("detail"))
    if _is_used_up(error) or _is_used_up(said):
        return _used_up(error or said)
    if isinstance(problem, StrangeAnswerError) and (reason := _reason(said)):
        return ModelVerdict(problem=ModelRefusedError(reason=reason))
    return ModelVerdict(problem=problem)


def _first_event(answer: Answer) -> ModelVerdict:
    kind, data = _event(answer.body)
    if not kind:
        # A failure may also come as plain JSON behind a 200.
        error = object_in(answer.body) or {}
        reason = _reason(error)
        return ModelVerdict(problem=ModelFailedError(reason=reason) if reason else ModelSilentError())
    if kind not in _FAILURES:
        return ModelVerdict()
    error = mapping(mapping(data.get("response")).get("error")) or mapping(data.get("error")) or data
    if _is_used_up(error):
        return _used_up(error)
    return ModelVerdict(problem=ModelFailedError(reason=_reason({"error": error}) or Phrase("it doesn't say why")))


def _event(body: bytes) -> tuple[str, Mapping[str, object]]:
    """Type and data of the first server-sent event (WHATWG HTML section 9.2.6); no type where there is none."""
    named, data = b"", list[bytes]()
    for line in _LINES.split(body.removeprefix(b"\xef\xbb\xbf")):
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"event":
            named = value
        elif field == b"data":
            data.append(value)
        elif not line and data:
            break
    if not data:
        return "", {}
    said = object_in(b"\n".join(data)) or {}
    # An event without a type of its own is a "message"; [DONE] alone is the end of a stream that said nothing.
    kind = text(said.get("type")) or text(named.decode("utf-8", "replace")) or ("message" if said else "")
    return kind.lower(), said


def _is_used_up(error: Mapping[str, object]) -> bool:
    return any(text(error.get(key)).lower() in _USED_UP for key in ("type", "code"))


def _used_up(error: Mapping[str, object]) -> ModelVerdict:
    at = number(error.get("resets_at")) or 0
    moment = datetime.fromtimestamp(at, UTC) if 0 < at < _LATEST else None
    return ModelVerdict(problem=QuotaUsedUpError(), resets_at=moment)


def _reason(said: Mapping[str, object]) -> str:
    """What the service says in words, else its code: the rest of a sentence, without anything like a token."""
    places = [mapping(said.get("error")), mapping(said.get("detail"))]
    texts = [said.get("detail"), *(p.get("message") for p in places), said.get("error"), said.get("message")]
    codes = [p.get(key) for p in places for key in ("code", "type")]
    found = next((word for word in map(text, [*texts, *codes]) if word), "")
    return _OPENING.sub(lambda word: word[0].lower(), _LONG_WORD.sub("…", found).rstrip("."))

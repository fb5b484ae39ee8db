"""The models of the simulated service, and how a test of each one ends."""

import json

from probe_tray.demo.messages import DemoRefusal, Reply, as_json, refused
from probe_tray.demo.shapes import Plan

NAMES = {
    "gpt-6.1-sol": "GPT-6.1 Sol",
    "gpt-6-astra": "GPT-6 Astra",
    "gpt-6-sol": "GPT-6 Sol",
    "gpt-6-luna": "GPT-6 Luna",
    "gpt-5.6-sol": "GPT-5.6 Sol",
    "gpt-6.1-terra": "GPT-6.1 Terra",
    "gpt-5.6-terra": "GPT-5.6 Terra",
    "gpt-5.6-luna": "GPT-5.6 Luna",
    "gpt-5.5": "GPT-5.5",
}
_HIDDEN = {"codex-auto-review": "hide", "gpt-5-retired": "none"}
_PAID = frozenset({"gpt-6.1-sol", "gpt-6-astra"})
_RETIRED = "gpt-5.5"
_BUSY = "gpt-5.6-luna"
_PAUSE = 0.2


def models_body() -> dict[str, object]:
    """The reply to ``GET /codex/models``: what is listed, and two that are not to be shown."""
    rows = [(slug, name, "list") for slug, name in NAMES.items()]
    rows += [(slug, slug, visibility) for slug, visibility in _HIDDEN.items()]
    return {
        "models": [
            {
                "slug": slug,
                "display_name": name,
                "description": "",
                "visibility": visibility,
                "supported_in_api": visibility == "list",
                "priority": at,
                "supported_reasoning_levels": [{"effort": "low"}, {"effort": "medium"}, {"effort": "high"}],
            }
            for at, (slug, name, visibility) in enumerate(rows)
        ]
    }


def answer(model: str, plan: str, exhausted_until: int | None) -> Reply:
    """The event stream of one model.

    Raises Refusal for a model which is unknown (404), retired or not in the plan (400), and for an account without
    capacity (429).
    """
    if exhausted_until is not None:
        raise _exhausted(plan, exhausted_until)
    if model == _RETIRED or (model in _PAID and plan == Plan.FREE):
        detail = {"detail": f"The model {model} is not available with this ChatGPT account."}
        raise DemoRefusal(as_json(detail, status=400), "model not available")
    if model not in NAMES:
        raise refused(404, "model_not_found", f"The model {model[:60]} does not exist.")
    response: dict[str, object] = {"id": "resp_demo", "object": "response", "model": model, "status": "in_progress"}
    if model == _BUSY:
        failed = {"error": {"code": "server_is_overloaded", "message": "The model is busy."}, "status": "failed"}
        return _stream(("response.failed", {"response": response | failed}))
    return _stream(
        ("response.created", {"response": response}),
        ("response.output_text.delta", {"delta": "pong", "item_id": "msg_demo", "output_index": 0}),
        ("response.completed", {"response": response | {"status": "completed"}}),
    )


def _exhausted(plan: str, until: int) -> DemoRefusal:
    error = {
        "type": "usage_limit_reached",
        "message": "The usage limit has been reached.",
        "plan_type": plan,
        "resets_at": until,
    }
    return DemoRefusal(as_json({"error": error}, status=429), "usage_limit_reached")


def _stream(*events: tuple[str, dict[str, object]]) -> Reply:
    """The events as server-sent events (WHATWG HTML, section 9.2), the first at once, the others with a pause."""
    lines = tuple(
        f"event: {kind}\ndata: {json.dumps({'type': kind, 'sequence_number': at} | data)}\n\n".encode()
        for at, (kind, data) in enumerate(events)
    )
    headers = (("content-type", "text/event-stream"), ("cache-control", "no-store"))
    return Reply(status=200, body=lines[0], headers=headers, chunks=lines[1:], pause=_PAUSE)

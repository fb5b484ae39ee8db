"""What other programs' credential files hold."""

from tests.support.tokens import tokens


def flat(person: str = "ana", **more: object) -> dict[str, object]:
    """A login as the Go program holds it."""
    own: dict[str, object] = {
        **tokens(person),
        "account_id": f"account-{person}",
        "last_refresh": "2026-11-22T14:00:00+08:00",
        "email": f"{person}@example.com",
        "type": "codex",
        "expired": "2026-12-02T14:00:00+08:00",
    }
    return own | more


def proxied(person: str = "ana", **more: object) -> dict[str, object]:
    """A login as CLIProxyAPI holds it."""
    return flat(person, disabled=False, prefix="", proxy_url="", note="<mine>", priority=3) | more


def official(person: str = "ana", **more: object) -> dict[str, object]:
    """A login as the official client holds it."""
    own: dict[str, object] = {
        "auth_mode": "chatgpt",
        "OPENAI_API_KEY": None,
        "tokens": {**tokens(person), "account_id": f"account-{person}"},
        "last_refresh": "2026-11-22T06:53:11.183362420Z",
    }
    return own | more


def exported(*people: str, **more: object) -> dict[str, object]:
    """Logins as sub2api exports them."""
    accounts = [
        {
            "name": person,
            "platform": "openai",
            "type": "oauth",
            "credentials": {
                **tokens(person),
                "email": f"{person}@example.com",
                "chatgpt_account_id": f"account-{person}",
                "chatgpt_user_id": f"user-{person}",
                "client_id": "app",
                "expires_at": "2026-12-02T06:00:00Z",
            },
            "extra": {},
            "concurrency": 10,
            "priority": 1,
        }
        for person in people or ("ana",)
    ]
    top: dict[str, object] = {"type": "sub2api-data", "version": 1, "exported_at": "2026-11-22T06:00:00Z"}
    return top | {"proxies": [], "accounts": accounts} | more

"""The words of the simulated service's pages, in English and Simplified Chinese."""

import msgspec


class Texts(msgspec.Struct, frozen=True, kw_only=True):
    """One language. ``{who}`` stands for an address and its workspace or plan."""

    code: str
    simulated: str
    simulated_why: str
    title: str
    wants: str
    wants_read: str
    wants_keep: str
    wants_never: str
    continue_as: str
    choose: str
    more_people: str
    go_on: str
    other: str
    email_hint: str
    sign_in: str
    deny: str
    bad_email: str
    device_title: str
    device_lead: str
    device_code: str
    device_next: str
    bad_code: str
    allowed_title: str
    allowed: str
    denied_title: str
    denied: str
    gone_title: str
    gone: str


ENGLISH = Texts(
    code="en",
    simulated="Simulated service.",
    simulated_why="Everyone here is made up, no real account is touched.",
    title="Log in to Codex",
    wants="Probe Tray asks to",
    wants_read="see how much of your quota is used",
    wants_keep="stay logged in until you log out",
    wants_never="It never sees your password.",
    continue_as="Continue as",
    choose="Who are you?",
    more_people="Everyone else",
    go_on="Continue",
    other="Or sign in with another address",
    email_hint="you@example.com",
    sign_in="Sign in",
    deny="Deny",
    bad_email="That is not an email address. Type one like you@example.com.",
    device_title="Enter the code",
    device_lead="Type the code that Probe Tray shows on the other screen.",
    device_code="Code",
    device_next="Next",
    bad_code="This code is unknown or older than 15 minutes. Compare it with the other screen, or get a new one there.",
    allowed_title="You are logged in",
    allowed="Go back to Probe Tray; it goes on by itself. You can close this page.",
    denied_title="You said no",
    denied="Nothing was shared. You can close this page.",
    gone_title="This page is too old",
    gone="A login has to be answered within 10 minutes. Start it again in Probe Tray.",
)

CHINESE = Texts(
    code="zh-Hans",
    simulated="模拟服务：",
    simulated_why="这里的人都是虚构的，您的任何操作都不会影响真实账户。",
    title="登录 Codex",
    wants="Probe Tray 请求",
    wants_read="查看您的额度用了多少",
    wants_keep="保持登录，直到您退出",
    wants_never="它永远看不到您的密码。",
    continue_as="继续使用",
    choose="您是哪一位？",
    more_people="其他人",
    go_on="继续",
    other="或使用其他邮箱登录",
    email_hint="you@example.com",
    sign_in="登录",
    deny="拒绝",
    bad_email="这不是邮箱地址。请输入类似 you@example.com 的地址。",
    device_title="输入代码",
    device_lead="请输入 Probe Tray 在另一块屏幕上显示的代码。",
    device_code="代码",
    device_next="下一步",
    bad_code="此代码不存在，或已超过 15 分钟。请与另一块屏幕核对，或在那里获取新代码。",
    allowed_title="您已登录",
    allowed="请回到 Probe Tray，它会自动继续。您可以关闭此页面。",
    denied_title="您已拒绝",
    denied="没有共享任何内容。您可以关闭此页面。",
    gone_title="此页面已过期",
    gone="登录须在 10 分钟内确认。请在 Probe Tray 中重新开始。",
)


def texts_for(accept_language: str | None) -> Texts:
    """The language that a browser prefers (RFC 9110, section 12.5.4); English unless it is Chinese."""
    best = max(((_quality(part), -at, part) for at, part in enumerate((accept_language or "").split(","))))
    return CHINESE if best[2].strip().lower().startswith("zh") else ENGLISH


def _quality(part: str) -> float:
    value = part.partition(";")[2].strip()
    try:
        return float(value[2:]) if value.startswith("q=") else 1.0
    except ValueError:
        return 0.0

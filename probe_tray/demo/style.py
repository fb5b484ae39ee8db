"""The look of the simulated service's pages: one style sheet, no script, no picture from elsewhere."""

STYLE = """
:root { color-scheme: light dark;
  --window: #f6f7f9; --card: #ffffff; --line: #e4e7ec; --text: #171a1f; --second: #5c6470;
  --accent: #1f7a8c; --on-accent: #ffffff; --tint: #e6f1f3; --critical: #c2281d; --note: #fdf3e1; --note-text: #7a4404;
  --shade: 0 1px 2px rgb(23 26 31 / 6%), 0 12px 32px rgb(23 26 31 / 8%); }
@media (prefers-color-scheme: dark) { :root {
  --window: #1d2025; --card: #25292f; --line: #343a42; --text: #eceef1; --second: #a9b1bc;
  --accent: #58b3c4; --on-accent: #10262b; --tint: #24383d; --critical: #ff8a80; --note: #38301f; --note-text: #f0ad4e;
  --shade: 0 1px 2px rgb(0 0 0 / 30%), 0 12px 32px rgb(0 0 0 / 30%); } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: flex; flex-direction: column; align-items: center;
  justify-content: center;
  padding: 32px 16px; background: var(--window); color: var(--text);
  font: 14px/1.5 system-ui, "Inter", "Segoe UI", "Noto Sans", "Noto Sans CJK SC", sans-serif; }
main { width: 100%; max-width: 420px; background: var(--card); border: 1px solid var(--line); border-radius: 14px;
  box-shadow: var(--shade); overflow: hidden; }
.badge { padding: 10px 24px; background: var(--note); color: var(--note-text);
  font-size: 12px; }
.badge b { margin-right: 6px; }
.inside { padding: 28px 24px 24px; }
header { display: flex; align-items: center; gap: 14px; margin-bottom: 18px; }
h1 { margin: 0; font-size: 20px; line-height: 1.3; font-weight: 650; letter-spacing: -0.01em; }
h2 { margin: 22px 0 8px; font-size: 12px; font-weight: 600; color: var(--second); }
p { margin: 0 0 8px; color: var(--second); }
ul { margin: 4px 0 8px; padding: 0; list-style: none; }
li { padding-left: 22px; position: relative; }
li::before { content: ""; position: absolute; left: 4px; top: 6px; width: 9px; height: 5px; transform: rotate(-45deg);
  border-left: 2px solid var(--accent); border-bottom: 2px solid var(--accent); }
form { margin: 0; }
label { display: block; margin-bottom: 6px; font-size: 12px; font-weight: 600; color: var(--second); }
button, input, select { font: inherit; color: inherit; min-height: 40px; border-radius: 9px;
  border: 1px solid var(--line);
  background: var(--card); }
input, select { flex: 1; min-width: 0; padding: 0 12px; }
input::placeholder { color: var(--second); opacity: 1; }
button { padding: 0 16px; font-weight: 600; cursor: pointer; white-space: nowrap; }
button:hover { border-color: var(--accent); background: var(--tint); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
.primary:hover { background: var(--accent); filter: brightness(1.08); }
.people { display: grid; grid-template-columns: minmax(0, 1fr); gap: 8px; }
.person { display: flex; align-items: center; gap: 12px; width: 100%; min-height: 56px; padding: 8px 12px;
  text-align: left;
  font-weight: 400; border-radius: 10px; }
.face { flex: none; width: 36px; height: 36px; border-radius: 50%; display: grid; place-items: center;
  background: var(--tint);
  color: var(--accent); font-weight: 650; }
.who { flex: 1; min-width: 0; line-height: 1.35; }
.who small { display: block; color: var(--second); font-size: 12px; }
.who b { display: block; overflow: hidden; text-overflow: ellipsis; font-weight: 600; }
.chip { flex: 0 1 auto; max-width: 36%; overflow: hidden; text-overflow: ellipsis;
  padding: 1px 8px; border: 1px solid var(--line); border-radius: 6px; font-size: 12px;
  color: var(--second); }
.row { display: flex; gap: 8px; }
.wrong { margin: 8px 0 0; color: var(--critical); }
.end { margin-top: 22px; padding-top: 16px; border-top: 1px solid var(--line); display: flex;
  justify-content: space-between;
  align-items: center; gap: 12px; font-size: 12px; }
.end p { margin: 0; }
.code::placeholder { opacity: 0.45; font-weight: 400; }
.code { font: 600 20px/1 ui-monospace, "DejaVu Sans Mono", monospace; letter-spacing: 0.12em;
  text-transform: uppercase; }
"""

RING = """<svg width="40" height="40" viewBox="0 0 40 40" aria-hidden="true" focusable="false">
<circle cx="20" cy="20" r="16" fill="none" stroke="var(--tint)" stroke-width="5"/>
<path d="M20 4a16 16 0 1 1-15.2 20.9" fill="none" stroke="var(--accent)" stroke-width="5" stroke-linecap="round"/>
<circle cx="20" cy="20" r="8" fill="var(--tint)"/>
<path d="M20 20V12a8 8 0 0 1 6.5 12.7z" fill="var(--accent)"/></svg>"""

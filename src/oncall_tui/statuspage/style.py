"""How the page looks: one sheet in the page, light and dark, allowed by its hash."""

from __future__ import annotations

import base64
import hashlib

STYLE = """
:root {
  color-scheme: light dark;
  --ground: #f5f6f4; --sheet: #ffffff; --ink: #1b211e; --soft: #57615c; --line: #e0e4e1;
  --ok: #1a7048; --ok-wash: #e7f3ec; --plan: #2b59b0; --plan-wash: #e9effa;
  --minor: #835600; --minor-wash: #fbf3de; --major: #a8480a; --major-wash: #fcefe4;
  --critical: #b3261e; --critical-wash: #fcebe9;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #101412; --sheet: #181d1a; --ink: #e5eae7; --soft: #9ba7a1; --line: #2a312d;
    --ok: #63c795; --ok-wash: #14291f; --plan: #8fb4f5; --plan-wash: #172338;
    --minor: #e6b84f; --minor-wash: #2b2412; --major: #f29a5c; --major-wash: #2f1f14;
    --critical: #ff8f86; --critical-wash: #331a18;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--ground); color: var(--ink); -webkit-text-size-adjust: 100%;
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans",
    Arial, sans-serif;
}
.wrap { max-width: 46rem; margin: 0 auto; padding: 0 1.25rem; }
a { color: inherit; text-decoration-color: var(--soft); text-underline-offset: .2em; }
a:hover { text-decoration-color: currentColor; }
a:focus-visible, summary:focus-visible { outline: 2px solid var(--plan); outline-offset: 3px;
  border-radius: 3px; }
h1, h2, h3, h4, p, ul, ol { margin: 0; padding: 0; }
h1 { font-size: 1.5rem; line-height: 1.25; font-weight: 650; letter-spacing: -.01em; }
h2 { font-size: .9375rem; font-weight: 600; color: var(--soft); margin: 2.75rem 0 .75rem; }
h3 { font-size: 1.125rem; line-height: 1.35; font-weight: 600; }
ul, ol { list-style: none; }
time { font-variant-numeric: tabular-nums; white-space: nowrap; }
.top { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; align-items: baseline;
  padding-top: 2rem; padding-bottom: 1.5rem; }
.top .name { flex: 1; min-width: 12rem; font-size: 1.125rem; font-weight: 650; text-decoration: none;
  overflow-wrap: anywhere; }
.top nav { display: flex; gap: 1.25rem; font-size: .9375rem; color: var(--soft); }
.soft { color: var(--soft); font-size: .875rem; }
.mark { flex: none; width: 1.25em; height: 1.25em; fill: none; stroke: currentColor; stroke-width: 2;
  stroke-linecap: round; stroke-linejoin: round; }
.mark .full { fill: currentColor; stroke: none; }
.ok { --tone: var(--ok); --wash: var(--ok-wash); }
.plan { --tone: var(--plan); --wash: var(--plan-wash); }
.minor { --tone: var(--minor); --wash: var(--minor-wash); }
.major { --tone: var(--major); --wash: var(--major-wash); }
.critical { --tone: var(--critical); --wash: var(--critical-wash); }
.banner { display: flex; gap: 1rem; align-items: center; padding: 1.5rem; border-radius: 14px;
  background: var(--wash); }
.banner .mark { width: 2.25rem; height: 2.25rem; color: var(--tone); }
.sheet { background: var(--sheet); border: 1px solid var(--line); border-radius: 14px; }
.sheet + .sheet { margin-top: 1rem; }
.incident { padding: 1.25rem 1.5rem 1.5rem; overflow-wrap: anywhere; }
.facts { display: flex; flex-wrap: wrap; gap: .125rem 1rem; margin-top: .375rem; color: var(--soft);
  font-size: .875rem; }
.state { display: inline-flex; gap: .4em; align-items: center; color: var(--tone); font-weight: 600; }
.updates { margin-top: 1.125rem; }
.updates li { position: relative; padding: 0 0 1.125rem 1.5rem; }
.updates li:last-child { padding-bottom: 0; }
.updates li::before { content: ""; position: absolute; left: 0; top: .4375rem; width: .625rem; height: .625rem;
  border-radius: 50%; border: 2px solid var(--soft); }
.updates li:first-child::before { background: var(--tone, var(--soft)); border-color: var(--tone, var(--soft)); }
.updates li:not(:last-child)::after { content: ""; position: absolute; left: calc(.3125rem - 1px); top: 1.25rem;
  bottom: -.25rem; width: 2px; background: var(--line); }
.head { display: flex; flex-wrap: wrap; gap: 0 .75rem; align-items: baseline; }
.head strong { font-weight: 600; }
.words { margin-top: .125rem; white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext; }
.components li { display: flex; flex-wrap: wrap; gap: .125rem 1rem; align-items: center; padding: .8125rem 1.5rem;
  border-top: 1px solid var(--line); }
.components li:first-child { border-top: 0; }
.components .what { flex: 1 1 12rem; min-width: 0; overflow-wrap: anywhere; }
.components .state { font-size: .9375rem; font-weight: 500; }
.components p { flex-basis: 100%; }
.group { margin-top: 1.25rem; }
.group h3 { font-size: 1rem; }
.group .sheet { margin-top: .5rem; }
.chart { display: block; width: 100%; height: 4rem; margin-top: .75rem; fill: none; stroke: var(--tone);
  stroke-width: 1.5; }
.chart path { vector-effect: non-scaling-stroke; }
.days > li { padding: .875rem 0; border-top: 1px solid var(--line); }
.days > li:first-child { border-top: 0; padding-top: .25rem; }
.days h3 { font-size: .9375rem; }
.past { margin-top: .75rem; overflow-wrap: anywhere; }
.past h4 { font-size: 1rem; line-height: 1.4; font-weight: 600; }
.past .words { color: var(--ink); }
summary { cursor: pointer; margin-top: .375rem; color: var(--soft); font-size: .875rem; width: fit-content; }
.more { display: flex; gap: 1.5rem; margin-top: 1.5rem; }
footer.wrap { margin-top: 3rem; margin-bottom: 2.5rem; }
footer p { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding-top: 1.25rem;
  border-top: 1px solid var(--line); }
@media (max-width: 30rem) {
  .wrap { padding: 0 1rem; }
  .top { padding-top: 1.25rem; padding-bottom: 1rem; }
  h1 { font-size: 1.25rem; }
  .banner { padding: 1.125rem; gap: .75rem; }
  .banner .mark { width: 1.75rem; height: 1.75rem; }
  .incident { padding: 1rem 1.125rem 1.25rem; }
  .components li { padding: .75rem 1.125rem; }
}
@media print { .top nav, footer { display: none; } body { background: none; } }
"""

_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; img-src data:; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)

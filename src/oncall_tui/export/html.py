"""A document as one HTML file that stands alone: no scripts, nothing loaded, fit for paper."""

from __future__ import annotations

from html import escape

from markdown_it import MarkdownIt

from oncall_tui.domain.sanitize import clean_line
from oncall_tui.export.markdown import make_inert

_STYLE = """
:root { color-scheme: light dark; }
body { margin: 0; font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: anywhere; }
main { max-width: 44rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.2; }
h2 { margin-top: 2.2rem; font-size: 1.2rem; border-bottom: 1px solid; padding-bottom: .2rem; }
blockquote { margin: .6rem 0 1.2rem; padding: .1rem 0 .1rem 1rem; border-left: 3px solid; }
pre { white-space: pre-wrap; }
@media print {
  :root { color-scheme: light; }
  body { font-size: 10.5pt; }
  main { max-width: none; padding: 0; }
  h1, h2, h3 { break-after: avoid; }
  blockquote, li, pre { break-inside: avoid; }
  @page { margin: 18mm; }
}
"""
#: Holds also for a reader whose browser would run what a converter let through.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def render_html(title: str, text: str) -> str:
    """Returns a Markdown document as a whole page; pictures become links, and links lead to the web or nowhere."""
    reader = MarkdownIt("commonmark", {"html": False}).disable("image")
    body = str(reader.render(make_inert(text)))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(clean_line(title))}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )

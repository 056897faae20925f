"""Sphinx over build/site/source, which stage.py makes from notebooks, ledgers, lib and notation."""

import html
import json
import os
import re
import sys
from pathlib import Path

from docutils import nodes

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "build" / "site" / "source"
sys.path.insert(0, str(ROOT / "site"))

from formulas import mathml  # noqa: E402

project = "Why does plain gradient descent train deep networks?"
author = "The maintainers"
extensions = [
    "myst_nb",
    "sphinx_design",
    "sphinx_copybutton",
    "sphinxcontrib.bibtex",
]

# --- notebooks: as committed, never run here
exclude_patterns = ["extra", "static"]
nb_execution_mode = "off"
nb_merge_streams = True
myst_enable_extensions = [
    "dollarmath",
    "amsmath",
    "attrs_inline",
    "attrs_block",
    "colon_fence",
    "deflist",
]
myst_heading_anchors = 3
myst_dmath_double_inline = True

# --- mathematics: MathML, set here (formulas.py)
html_math_renderer = "mathml"

# --- citations
bibtex_bibfiles = ["../references.bib"]
bibtex_default_style = "unsrt"
bibtex_reference_style = "author_year"
bibtex_cite_id = "ref-{key}"

default_role = "py:obj"
add_module_names = False
toc_object_entries_show_parents = "hide"

# --- pages
PLAIN = [
    "index",
    "results",
    "theories",
    "glossary",
    "references",
    "missed",
    "run",
    "criteria",
    "404",
]  # without side bars
PLAIN += [f"play/{path.stem}" for path in (ROOT / "site" / "pages" / "play").glob("*.md")]
html_theme = "pydata_sphinx_theme"
html_title = "Why gradient descent trains"
html_static_path = [str(ROOT / "site" / "static"), str(SOURCE / "static")]
html_favicon = str(ROOT / "site" / "static" / "favicon.svg")
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_extra_path = [str(SOURCE / "extra")]
html_baseurl = os.environ.get("SITE_URL", "")  # known where the site is published: see site.yml
html_copy_source = False
html_show_sourcelink = False
html_show_search_summary = False  # it fetches pages, which file:// does not allow
html_last_updated_fmt = None  # the same bytes on every build
html_theme_options = {
    "navigation_with_keys": False,
    "show_prev_next": True,
    "navbar_align": "left",
    "navbar_center": ["navbar-nav"],
    "navbar_end": ["theme-switcher"],
    "navbar_persistent": ["search-button"],
    "header_links_before_dropdown": 6,
    "show_toc_level": 2,
    "secondary_sidebar_items": {
        "**": ["page-toc"],
        **{page: [] for page in PLAIN},
    },
    "footer_start": ["theme-note"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
templates_path = [str(ROOT / "site" / "templates")]
html_sidebars = {page: [] for page in (*PLAIN, "genindex", "search")}
html_context = {"default_mode": "auto"}
copybutton_exclude = ".linenos, .gp, .go"


# The table of contents beside a page comes after its text: its place is kept from the first line on.
BESIDE = (
    "@media (min-width: 1200px) { html .bd-main .bd-content { justify-content: flex-start; } "
    "html .bd-main .bd-content .bd-article-container { max-width: min(60em, 100% - 17rem); } }"
)

# A wide page is wide from its first line on, before what needs the width has come.
WIDE = "html .bd-main .bd-content .bd-article-container { max-width: 74rem; }"
WIDENING = ('class="bend"', 'class="hero', 'id="claims"')
# The formulas' font is asked for before the styles, or lines would be set twice. (A preload is not allowed on file://.)
FORMULA_FONT = "_static/fonts/stix-two-math.woff2"
EARLY = 'document.fonts.add(new FontFace("Formulas", "url(%s)", { display: "block" })); document.fonts.load("1em Formulas");'

# What scripts fold is folded from the first line on, and only where there are scripts.
SCRIPTED = 'document.documentElement.classList.add("scripted");'


def _describe(app, pagename, templatename, context, doctree):
    """A description for search engines and previews: the notebook's answer or the page's first line."""
    # Citations are links in front of their text: no list in the sense of that role.
    context["body"] = context.get("body", "").replace(
        'role="list" class="citation-list"', 'class="citation-list"'
    )
    context["body"] = context["body"].replace(
        '<summary aria-label="Toggle hidden content">', "<summary>"
    )
    known = json.loads((SOURCE / "descriptions.json").read_text(encoding="utf-8"))
    words = known.get(pagename, "")
    words = words or f"{context.get('title') or 'Page'}: {project}"
    if len(words) > 160:
        words = words[:158].rsplit(" ", 1)[0] + " …"
    tags = {
        "og:type": "article",
        "og:title": context.get("title") or project,
        "og:description": words,
    }
    if html_baseurl:
        root = html_baseurl.rstrip("/")
        tags |= {"og:url": f"{root}/{pagename}.html", "og:image": f"{root}/_static/card.png"}
    more = f'<meta name="description" content="{html.escape(words)}">'
    for name, value in tags.items():
        plain = re.sub(r"<[^>]*>", "", html.unescape(value))
        more += f'\n<meta property="{name}" content="{html.escape(plain)}">'
    if pagename == "404" and html_baseurl:  # it is shown at any depth
        more = f'<base href="{html.escape(html_baseurl)}">\n' + more
    if pagename.startswith(("notebooks/", "library/")):
        more += f"\n<style>{BESIDE}</style>\n<script>{SCRIPTED}</script>"
    elif any(mark in context["body"] for mark in WIDENING):
        more += f"\n<style>{WIDE}</style>"
    if "<math" in context["body"]:
        more += f"\n<script>{EARLY % context['pathto'](FORMULA_FONT, 1)}</script>"
    context["metatags"] = context.get("metatags", "") + "\n" + more


def _inline_formula(self, node):
    self.body.append(f'<span class="math">{mathml(node.astext())}</span>')
    raise nodes.SkipNode


def _formula(self, node):
    self.body.append(f'<div class="math">{mathml(node.astext(), True)}</div>\n')
    raise nodes.SkipNode


def _without_maps(app, exception):
    """Source maps serve those who work on the theme, and are as large as its styles."""
    if exception is None and app.builder.format == "html":
        for path in Path(app.outdir, "_static").rglob("*.map"):
            path.unlink()


def _sitemap(app, exception):
    """Addresses of all pages, where the site's own is known."""
    if exception is None and html_baseurl and app.builder.format == "html":
        rows = [f"rows/{path.stem}" for path in Path(app.outdir, "rows").glob("*.html")]
        lines = [
            f"<url><loc>{html.escape(html_baseurl.rstrip('/'))}/{name}.html</loc></url>"
            for name in sorted([*app.env.found_docs - {"404"}, *rows])
        ]
        Path(app.outdir, "sitemap.xml").write_text(
            '<?xml version="1.0" encoding="utf-8"?>\n'
            '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
            + "\n".join(lines)
            + "\n</urlset>\n",
            encoding="utf-8",
        )


def setup(app):
    app.connect("build-finished", _sitemap)
    app.connect("html-page-context", _describe)
    app.connect("build-finished", _without_maps)
    app.add_html_math_renderer("mathml", (_inline_formula, None), (_formula, None))

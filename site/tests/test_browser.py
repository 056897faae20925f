"""The built site in a browser: no error, no overflow, no request outside, accessible; filter, sort, sliders."""

import json
from urllib.parse import quote

import numpy as np
import pytest
import torch
from conftest import HTML, ROOT

from lib import spectral
from lib.descent import Plain
from lib.landscapes import complexity as cx
from lib.landscapes import minima as mn
from lib.landscapes import saddles as sd
from lib.obstacles import least_squares as ls
from lib.obstacles import surfaces as sf
from lib.trajectories import counterexamples as ce
from lib.trajectories import exact_dynamics as ed
from lib.trajectories.held_starts import identity_floor

pages = sorted(p for p in HTML.rglob("*.html") if not {"_static", "rows"} & {*p.parts})
pages += sorted((HTML / "rows").glob("32.*.html"))[:3]  # one template, 700 rows
pytestmark = pytest.mark.skipif(not pages, reason="not run: the site is not built (make site)")
PLAY = sorted(
    path.stem for path in (ROOT / "site" / "pages" / "play").glob("*.md") if path.stem != "index"
)


@pytest.mark.parametrize("base, width", [("file", 390), ("http", 1280)], indirect=["base"])
def test_every_page_opens_clean(browser, base, width):
    context = browser.new_context(viewport={"width": width, "height": 844})
    page, problems = context.new_page(), []
    page.on(
        "request",
        lambda r: None if r.url.startswith((base, "data:", "blob:")) else problems.append(r.url),
    )
    page.on("pageerror", lambda e: problems.append(str(e)))
    page.on(
        "console",
        lambda m: (
            problems.append(f"{m.text} {m.location}") if m.type in ("error", "warning") else None
        ),
    )
    for path in pages:
        name = str(path.relative_to(HTML))
        page.goto(base + name)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            problems.append(f"{name}: wider than the screen ({width})")
        if page.evaluate("document.querySelectorAll('merror').length"):
            problems.append(f"{name}: a formula that does not parse")
    context.close()
    assert not problems, "\n".join(problems)


SAMPLE = [
    "index",
    "results",
    "theories",
    "glossary",
    "references",
    "missed",
    "run",
    "notebooks/index",
    "notebooks/32_balancedness",
    "rows/32.2a",
    "library/counterexamples",
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", [*SAMPLE, *(f"play/{name}" for name in PLAY)])
def test_accessibility(browser, name, scheme):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="not run: axe is not installed"
    ).Axe()
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    page.goto((HTML / f"{name}.html").as_uri())
    found = [
        v for v in axe.run(page).response["violations"] if v["impact"] in ("serious", "critical")
    ]
    context.close()
    assert not found, "\n".join(
        f"{v['id']} ({len(v['nodes'])}): {v['help']}; {v['nodes'][0]['html'][:300]}" for v in found
    )


# --- all claims ----------------------------------------------------------------------------------


def stored():
    found = [
        json.loads(p.read_text(encoding="utf-8"))
        for p in sorted((ROOT / "results").glob("[0-9][0-9]_*.json"))
    ]
    return [
        row for x in found if x["claims"] and "because" in x["claims"][0] for row in x["claims"]
    ]


@pytest.fixture
def table(browser, base):
    page = browser.new_page()
    page.set_default_timeout(10_000)
    page.base = base
    yield page
    page.close()


def shown(page):
    return page.locator("#claims tbody tr:visible").count()


def test_filters(table):
    rows = stored()
    table.goto(table.base + "results.html?verdict=not+reproduced")
    assert shown(table) == sum(row["verdict"] == "not reproduced" for row in rows)
    table.get_by_role("button", name="Clear").click()
    table.wait_for_function("!location.search.includes('verdict')")
    assert shown(table) == len(rows)
    table.select_option("[name=notebook]", "32")
    table.select_option("[name=control]", "control")
    assert shown(table) == sum(row["id"].startswith("32") and row["control"] for row in rows)
    assert "notebook=32" in table.url and "control=control" in table.url
    table.reload()
    assert shown(table) == sum(row["id"].startswith("32") and row["control"] for row in rows)
    table.get_by_role("button", name="Clear").click()
    table.select_option("[name=paper]", "arora2019convergence")
    assert shown(table) >= sum(row["source"].startswith("Arora et al. 2018") for row in rows) > 0


def test_an_empty_result_says_so(table):
    table.goto(table.base + "results.html")
    assert not table.locator("#nothing").is_visible()
    table.fill("#filter [name=q]", "no such word anywhere")
    assert shown(table) == 0 and table.locator("#nothing").is_visible()
    table.get_by_role("button", name="Show all rows").click()
    table.wait_for_function("document.getElementById('nothing').hidden")
    assert shown(table) == len(stored())


def test_sort_by_every_column(table):
    table.goto(table.base + "results.html")
    for column, name in enumerate(
        ["row", "claim", "holds if", "measured", "verdict", "cases", "fresh seeds"]
    ):
        assert table.get_by_role("button", name=name, exact=True).count() == 1
        for sign, word in ((1, "ascending"), (-1, "descending")):
            table.locator("#claims thead button").nth(column).click()
            head = table.locator("#claims thead th").nth(column)
            assert head.get_attribute("aria-sort") == word
            if column > 1:
                values = table.eval_on_selector_all(
                    "#claims tbody tr", f"rows => rows.map(r => r.cells[{column}].dataset.sort)"
                )
                values = [float(v) for v in values if v]
                assert values == sorted(values, reverse=sign < 0)
    assert "sort=-fresh+seeds" in table.url


def test_the_table_reads_without_scripts(browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((HTML / "results.html").as_uri())
    assert shown(page) == len(stored()) and not page.locator("#filter").is_visible()
    context.close()


# --- bend a claim --------------------------------------------------------------------------------


class Bent:
    """An open page of "Bend a claim": set sliders, read what it computed."""

    def __init__(self, page, name, query=""):
        self.page, self.problems = page, []
        page.on("pageerror", lambda e: self.problems.append(str(e)))
        page.goto((HTML / "play" / f"{name}.html").as_uri() + query)

    def set(self, **values):
        for key, value in values.items():
            self.page.locator(f"#bend-{key}").evaluate(
                "(s, v) => { s.step = 'any'; s.value = v; s.dispatchEvent(new Event('input', {bubbles: true})) }",
                value,
            )
        assert not self.problems
        return self.read()

    def read(self):
        self.page.wait_for_function("!('waiting' in document.getElementById('bend').dataset)")
        data = self.page.locator("#bend").evaluate("b => ({...b.dataset})")
        return (
            json.loads(data["state"]),
            json.loads(data["result"]),
            self.page.locator("#bend .state").inner_text(),
        )


@pytest.fixture
def bent(browser):
    context = browser.new_context()
    context.set_default_timeout(10_000)
    yield lambda name, query="": Bent(context.new_page(), name, query)
    context.close()


def test_edge(bent):
    page = bent("edge")
    for exponent, words in (
        (-1.5, "converges."),
        (-0.8, "converges after a catapult"),
        (0.0, "overflows"),
    ):
        state, result, said = page.set(eta=exponent)
        assert words in said
        start = torch.tensor(result["start"], dtype=torch.float64)
        assert start.tolist() == pytest.approx(
            ce.modes_of_imbalance(state["D"], 2, state["c"]).tolist(), rel=4e-16
        )
        assert result["predicted"] == bool(
            ce.overshoot_gap(start, state["eta"]) > 0 and state["eta"] < 1
        )
        assert result["critical"] == pytest.approx(
            float(ce.critical_learning_rate(start)), rel=1e-13
        )
        assert result["stretch"] == pytest.approx(
            state["eta"] * float(ce.nearby_sharpness(state["D"], 2)), rel=1e-13
        )
        if words != "overflows":
            _, path, _ = ce.scalar_descent(start, state["eta"], [50])
            assert result["at50"] == path[0].tolist()


@pytest.mark.parametrize("depth", [2, 3, 4])
def test_trap(bent, depth):
    page = bent("trap", f"?N={depth}&eps=0.001&steps=300")
    for exponent in (-1.5, -0.5):
        state, result, said = page.set(eta=exponent)
        start = torch.tensor(result["start"], dtype=torch.float64)[:, None]
        _, path = spectral.spectral_descent(
            start, [-state["lambda"]], learning_rate=state["eta"], record=range(state["steps"] + 1)
        )
        assert result["last"] == path[-1, :, 0].tolist()
        lowest = float((path[..., 0].prod(1) + state["lambda"]).square().min() / 2)
        assert result["lowest"] == pytest.approx(lowest, rel=1e-9, abs=1e-30)
        assert result["bound"] == float(identity_floor(torch.tensor([-state["lambda"]]), 2))
    if depth % 2 == 0:
        _, result, said = page.set(eps=-16)
        assert "Held" in said and result["lowest"] >= result["bound"]


def test_bands(bent):
    page = bent("bands", "?p=4&n=50")
    law = mn.minimum_law(50, 4)
    for u in (-1.745, -1.4, -0.9):
        state, result, said = page.set(u=u)
        p, u = int(state["p"]), state["u"]
        threshold, floor = cx.threshold_energy(p), cx.band_edge(p, 0)
        assert result["threshold"] == pytest.approx(threshold, rel=1e-14)
        assert result["edges"] == pytest.approx([cx.band_edge(p, k) for k in range(5)], rel=1e-12)
        assert result["rate"] == pytest.approx(cx.complexity(u, p), rel=1e-10)
        assert result["fraction"] == pytest.approx(cx.index_share(u, p), abs=1e-12)
        assert result["band"] == pytest.approx(law.share(-floor, -threshold), rel=1e-3)
        assert result["above"] == pytest.approx(float(law.above(u)), rel=1e-4)
        s = np.clip(2 * 50 ** (2 / 3) * (-u / threshold - 1), -6, 4)
        assert result["share"] == pytest.approx(float(cx.minimum_share([s])[0]), abs=1e-5)
        assert "too few to tell" in said
    state, *_ = page.set(n=3)
    assert state["n"] == 200  # the slider holds the place in the list of sizes


def test_the_default_of_bands_says_what_its_notebook_measured(bent):
    rows = {row["id"]: row for row in stored()}
    _, result, _ = bent("bands").read()
    assert result["band"] == pytest.approx(rows["22.3c"]["measured"], rel=0.02)
    assert result["share"] > 0.95


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_staircase(bent, depth):
    page = bent("staircase", f"?N={depth}")
    for exponent in (-2, -4):
        state, result, _ = page.set(eps=exponent)
        for k, s in enumerate(result["strengths"]):
            wanted = ed.transit_time(state["eps"], s, depth, (s / 2) / (s - state["eps"]))
            assert result["halves"][k] == pytest.approx(wanted, rel=1e-5)
            if depth > 1 and result["times"][k] != "NaN":
                assert result["times"][k] == pytest.approx(wanted, rel=0.15)
            start = torch.full((depth, 1), state["eps"] ** (1 / depth), dtype=torch.float64)
            _, path = spectral.spectral_descent(
                start, [s], learning_rate=state["eta"], record=[result["steps"]]
            )
            assert result["last"][k] == pytest.approx(float(path.prod()), rel=1e-9)


def test_saddles(bent):
    page = bent("saddles")
    for depth in (2, 3, 5):
        _, result, said = page.set(N=depth)
        s, learned = torch.tensor(result["strengths"], dtype=torch.float64), sd.proper_subsets(4)
        wanted = sd.smallest_curvature(s, learned, depth)
        assert result["curvatures"] == pytest.approx(wanted.tolist(), rel=1e-12)
        assert sorted(result["losses"]) == pytest.approx(sd.critical_losses(s, 4)[1:].tolist())
        assert result["flat"] == int((wanted == 0).sum()) == (0 if depth == 2 else 4)
        assert result["fall"] == pytest.approx(float(sd.largest_drop(s[0], 0.1, depth)))
        assert ("all fifteen" in said) == (depth == 2)


def test_depth(bent):
    page = bent("depth")
    for depth in (2, 5, 20):
        state, result, _ = page.set(N=depth)
        rate = float(ed.curvature_step(state["s"], depth, state["c"]))
        assert result["rate"] == pytest.approx(rate, rel=1e-14)
        path = ed.equal_layers_descent(
            state["u0"],
            state["s"],
            depth,
            learning_rate=rate,
            record=range(int(result["needed"]) + 1),
        )
        assert result["at20"] == pytest.approx(path[20], rel=1e-11)
        assert path[-1] >= 0.95 * state["s"] > path[-2]
        limit = (
            state["s"] ** 2
            / state["c"]
            * float(ed.depth_limit(state["s"], state["u0"], 0.95 * state["s"]))
        )
        assert result["limit"] == pytest.approx(limit, rel=1e-12)
    assert result["half"] == pytest.approx(float(ed.half_time(state["s"], state["u0"])), rel=1e-13)


def test_noise(bent):
    page = bent("noise", "?sigma=0")
    for start in (-0.6, 1.4):
        state, result, _ = page.set(x0=start)
        run = sf.follow(
            sf.risk, sf.points([start]), Plain(state["eta"]), steps=int(result["steps"])
        )
        assert result["end"] == pytest.approx(float(run.weights[0][0, 0]), abs=1e-9)
    low, _, deep = (float(v) for v in sf.turning_points(sf.risk, -1, 2))
    wanted = sf.mean_escape_time(sf.risk, low, deep, -1.0, 8.0, state["eta"])
    assert result["escape"] == pytest.approx(wanted, rel=3e-3)
    assert (
        np.all(np.diff(result["shares"]) > -0.25)
        and result["shares"][0] < 0.1 < 0.8 < result["shares"][-1]
    )


def test_peak(bent):
    page = bent("peak")
    for p in (5, 20, 21, 60):
        state, result, said = page.set(p=p)
        n, noise = int(state["n"]), state["s2"]
        exact = ls.least_norm_risk(p, n, 100, noise)
        assert float(
            result["exact"].replace("Infinity", "inf") if abs(p - n) < 2 else result["exact"]
        ) == pytest.approx(exact, rel=1e-13)
        assert ("no mean" in said) == (abs(p - n) <= 1)
        assert result["law"] == pytest.approx(ls.ridge_risk(p, n, 100, noise), rel=1e-13)
        assert result["best"] == pytest.approx(ls.best_ridge(p, 100, noise), rel=1e-13)
        if abs(p - n) > 10:
            assert result["average"] == pytest.approx(exact, rel=0.1)
    first = np.array(result["first"])
    assert abs(int(first.argmax()) + 1 - n) <= 1 and first.max() > 10 * first[-1]
    _, result, _ = page.set(p=20, ridge=0)  # the best one: the slider is logarithmic
    assert result["share"] == 1 and result["average"] == pytest.approx(result["law"], rel=0.03)
    assert np.diff(result["first"]).max() < 0.1 < 1 < first.max()


@pytest.mark.parametrize("name", PLAY)
def test_keys_move_the_sliders_and_the_address_keeps_them(bent, name):
    page = bent(name)
    first = page.page.locator("#bend input").first
    before = page.read()[0]
    first.focus()
    page.page.keyboard.press("ArrowRight")
    after = page.read()[0]
    assert before != after
    page.page.wait_for_function("location.search.length > 1")
    page.page.reload()
    again = page.read()[0]
    assert again == pytest.approx(after)
    page.page.get_by_role("button", name="Start over").click()
    assert page.read()[0] == before


@pytest.mark.parametrize("name", PLAY)
def test_every_slider_has_its_name(bent, name):
    page = bent(name).page
    labels = page.locator("#bend label").all_inner_texts()
    assert len(labels) == page.locator("#bend input").count() > 1
    for label in labels:
        slider = page.get_by_role("slider", name=label, exact=True)
        assert slider.count() == 1, label
        page.get_by_text(label, exact=True).first.click()
        assert slider.evaluate("s => s === document.activeElement")
        assert slider.get_attribute("aria-valuetext")


def test_a_finger_sets_the_start(browser):
    context = browser.new_context(has_touch=True, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto((HTML / "play" / "edge.html").as_uri())
    before = page.locator("#bend").get_attribute("data-state")
    page.locator("#bend svg").first.scroll_into_view_if_needed()
    box = page.locator("#bend figure svg").first.bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.6)
    assert page.locator("#bend").get_attribute("data-state") != before
    context.close()


# --- a row where it is named -----------------------------------------------------------------------


def test_a_pointer_or_the_keys_show_a_row_where_it_is_named(table):
    row = next(row for row in stored() if row["id"] == "32.3a")
    table.set_viewport_size({"width": 1280, "height": 900})
    table.goto(table.base + "play/edge.html")
    link, card = table.locator("a[href$='#claim-32.3a']").first, table.locator(".row-card")
    link.hover()
    card.wait_for()
    assert row["statement"] in card.inner_text() and card.locator("svg.strip").count() == 1
    assert card.get_by_role("link", name="in its notebook").is_visible()
    box = card.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 1280 and box["y"] + box["height"] <= 900
    table.keyboard.press("Escape")
    assert card.count() == 0
    table.mouse.move(5, 5)
    table.locator("a[href$='#claim-32.4a']").first.focus()
    table.keyboard.press("Shift+Tab")  # back to 32.3a, as with the keys
    card.wait_for()
    assert "32.3a" in card.inner_text()
    table.keyboard.press("Tab")  # into the card
    assert card.evaluate("c => c.contains(document.activeElement)")
    table.keyboard.press("Escape")
    assert card.count() == 0


def test_an_address_opens_the_fold_that_its_row_is_in(table):
    checks = [row for row in stored() if row["id"].startswith("32") and row.get("role") == "check"]
    id = checks[0]["id"]
    table.goto(table.base + "notebooks/32_balancedness.html")
    assert not table.locator(f'[id="claim-{id}"]').is_visible()
    table.goto(table.base + f"notebooks/32_balancedness.html#claim-{id}")
    table.locator(f'[id="claim-{id}"]').wait_for(state="visible")


def test_an_interactive_opens_in_place_and_leaves_the_address_alone(table):
    table.goto(table.base + "notebooks/32_balancedness.html")
    before = table.url
    button = table.get_by_role("button", name="Bend it here")
    assert button.count() == 1 and table.get_by_role("link", name="on its own page").count() == 1
    button.click()
    slider = table.get_by_role("slider", name="learning rate η", exact=True)
    slider.wait_for()
    old = table.locator("#bend .state").inner_text()
    slider.focus()
    for _ in range(8):
        table.keyboard.press("PageUp")
    assert table.locator("#bend .state").inner_text() != old
    table.wait_for_timeout(300)
    assert table.url == before


def test_a_long_cell_shows_its_first_lines_and_opens_by_key_search_and_print(browser):
    page, address = browser.new_page(), (HTML / "notebooks" / "32_balancedness.html").as_uri()
    page.goto(address)
    cell = page.locator(".cell.tag_long").first
    code, button = cell.locator("pre"), cell.get_by_role("button", name="lines")
    height = code.evaluate("c => c.clientHeight")
    assert height < code.evaluate("c => c.scrollHeight") and height < 100
    lines = len(code.inner_text().strip().split("\n"))
    assert button.inner_text() == f"All {lines} lines"
    assert button.get_attribute("aria-expanded") == "false"
    assert button.get_attribute("aria-controls") == code.get_attribute("id")
    button.focus()
    page.keyboard.press("Enter")
    assert button.get_attribute("aria-expanded") == "true"
    assert code.evaluate("c => c.clientHeight >= c.scrollHeight")
    page.keyboard.press("Enter")
    assert code.evaluate("c => c.clientHeight") == height
    page.emulate_media(media="print")
    assert code.evaluate("c => c.clientHeight >= c.scrollHeight") and not button.is_visible()
    page.emulate_media(media="screen")
    # As where the browser's own search finds something in it: it scrolls there.
    last = " ".join(code.inner_text().strip().split("\n")[-1].split()[-3:])
    page.goto("about:blank")
    page.goto(f"{address}#:~:text={quote(last)}")
    page.wait_for_function("document.querySelector('.cell.tag_long').matches('.open')")
    page.close()
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    assert code.page is not page and page.locator(".cell.tag_long pre").first.evaluate(
        "c => c.clientHeight >= c.scrollHeight"
    )
    context.close()


def on_paper(browser, selector, script):
    """What a script finds of all that match a selector on a long page in print."""
    page = browser.new_page()
    page.emulate_media(media="print")
    page.goto((HTML / "notebooks" / "32_balancedness.html").as_uri())
    found = page.eval_on_selector_all(selector, script)
    page.close()
    return found


def test_paper_has_what_is_folded(browser):
    """Reasons, checks, answers to exercises and wrong theories, but no BibTeX."""
    folded = on_paper(
        browser,
        "article details > :not(summary, .row-ways, :has(.bib))",
        "all => all.map(e => [e.className, e.getBoundingClientRect().height])",
    )
    assert len(folded) > 40
    assert not [one for one in folded if (one[1] > 0) == ("bib" in one[0])]


SHIFTS = """window.shifts = 0;
new PerformanceObserver((list) => { for (const e of list.getEntries()) window.shifts += e.value; }).observe({ type: "layout-shift", buffered: true });"""


@pytest.mark.parametrize("width", [390, 1400])
@pytest.mark.parametrize(
    "name",
    ["index", "notebooks/index", "notebooks/32_balancedness", "play/edge", "results", "rows/32.3a"],
)
def test_nothing_jumps_while_a_page_loads(browser, name, width):
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    # As on a slow machine: what comes late is seen to come late.
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.add_init_script(SHIFTS)
    page.goto((HTML / f"{name}.html").as_uri())
    page.wait_for_timeout(400)
    moved = page.evaluate("window.shifts")
    context.close()
    assert moved < 0.05, moved


# --- dark, print, search ---------------------------------------------------------------------------


def test_dark_pages_dim_areas_of_colour_and_turn_lines(browser):
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()

    def filters(name, selector):
        page.goto((HTML / name).as_uri())
        return page.eval_on_selector_all(
            selector, "all => all.map(i => getComputedStyle(i).filter)"
        )

    filled = "img:is(.filled, [src*=failure_map], [src*=stripes])"
    for name in (
        "index.html",
        "notebooks/32_balancedness.html",
        "notebooks/22_energy_bands.html",
        "rows/32.3a.html",
    ):
        found = filters(name, f".bd-article {filled}")
        assert found and set(found) == {"brightness(0.8)"}, name
    lines = filters("notebooks/22_energy_bands.html", ".picture img.plot")
    assert lines and all("invert" in v for v in lines)
    page.emulate_media(media="print", color_scheme="dark")
    printed = filters("notebooks/22_energy_bands.html", ".bd-article img")
    assert set(printed) == {"none"}
    colour = page.eval_on_selector(".bd-article p", "p => getComputedStyle(p).color")
    assert max(int(v) for v in colour.removeprefix("rgb(").rstrip(")").split(",")) < 100
    context.close()


def test_print_keeps_the_end_of_a_long_page(browser):
    """Nothing around the text is a flex box on paper: Chromium cuts those at the end of a sheet."""
    shown = on_paper(
        browser,
        ".bd-container, .bd-container__inner, .bd-main, .bd-content, .bd-article-container, .bd-article",
        "all => all.map(e => getComputedStyle(e).display)",
    )
    assert len(shown) >= 6 and set(shown) == {"block"}


def test_search_finds_a_row_by_its_name_first(table):
    table.goto(table.base + "search.html?q=22.4a")
    link = table.locator(".row-found a")
    link.wait_for()
    assert link.inner_text() == "22.4a"
    link.click()
    assert table.url.endswith("notebooks/22_energy_bands.html#claim-22.4a")
    table.goto(table.base + "search.html?q=99.9z")
    table.wait_for_timeout(500)
    assert table.locator(".row-found").count() == 0

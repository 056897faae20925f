# ---
# jupyter:
#   jupytext:
#     formats: notebooks///ipynb,notebooks/src///py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Critical points of a spin glass lie in energy bands; descent in small systems stops above them
#
# ![verdict](../figures/22_energy_bands/verdict.svg)
#
# **Question.** The loss of a deep network, simplified enough, is the energy of a spin glass. There low critical points are
# said to lie in layers: only minima at the bottom, then saddles of index one (one direction curves down) join, then of index two, all
# inside a narrow band. Do they? And does descent end in that band, so that all its ends are alike?
#
# **Answer.** The growth rates of exact counts agree with the formulas of the layers inside the band. At 200 spins 99 in 100
# critical points of the band are minima, between $-1.45$ and $-1.40$ none is; the stripes of index one, two, three that one can see
# at such sizes stand *above* the band. The paper's conjecture that descent lands in the band is *not reproduced*:
# at 100 spins about two runs in 100 do. But the ends come down towards the band as the system grows, and spread less.
#
# ![which index at which energy](../figures/22_energy_bands/stripes.svg)
#
# Each stripe is one index, the number written in it; its height is its share among the critical points of that energy.
#
# *The claim:* Choromanska, Henaff, Mathieu, Ben Arous and LeCun 2015, *The loss surfaces of multilayer networks*
# ([arXiv:1412.0233](https://arxiv.org/abs/1412.0233)); the mathematics is Auffinger, Ben Arous and Černý 2013
# ([arXiv:1003.1129](https://arxiv.org/abs/1003.1129), ABAC below; theorems recalled).

# %% [markdown]
# ## Setting
#
# $H(x)=n^{-(p-1)/2}\sum J_{i_1\dots i_p}x_{i_1}\cdots x_{i_p}$ on the sphere $|x|^2=n$, with $J$ independent normal; $n$ is the number
# of spins and $p$ plays the part of the depth. The energy of a point is $u=H/n$, and its index the number of directions that
# curve down.
#
# $\Theta_k(u)$ is the growth rate of the number of critical points of index $k$ up to energy $u$: that number is expected to grow as
# $e^{n\Theta_k}$. For $u\le-E_\infty$, with $E_\infty=2\sqrt{(p-1)/p}$,
#
# $$\Theta_k(u)=\tfrac12\ln(p-1)-\frac{p-2}{4(p-1)}u^2-(k+1)\,\frac2{E_\infty^2}\int_{E_\infty}^{-u}\sqrt{z^2-E_\infty^2}\,dz,$$
#
# and $\Theta$ without index is the same for all critical points. $E_k$ solves $\Theta_k(-E_k)=0$: below $-E_k$ points of index $k$
# are exponentially rare. The **band** reaches from the ground state $-E_0$ up to the **threshold** $-E_\infty$. For $p=3$ it is
# only 0.024 wide, from $-1.657$ to $-1.633$; where layers must be told apart by eye we take a larger $p$.
#
# Each table of claims below is the check: the machine reads its criteria from the same lines as you. A word in place of a number
# stands for a number that is computed in the run.

# %% tags=["parameters"]
seed = 0  # in [0, 4294967295]: seed of every random draw
sizes = [25, 50, 100]  # each of 3 or more in [10, 200]: spins n of the descents
draws = [300, 60, 40]  # each of 3 or more in [5, 2000]: draws of the couplings for each of these sizes
starts = 16  # in [2, 1000]: descents in each draw
step_size = 0.18  # in (0, 0.18]: learning rate; 2 / (largest curvature) is 0.2 at p = 3
final_gradient = 3e-3  # in [1e-6, 1e-2]: |gradient| / sqrt n where a descent stops
count_size = 400  # one of 200, 300, 400: spins n of the largest exact count
samples = 4000  # in [1000, 100000]: random matrices behind each probability
large_p = 12  # in [6, 16]: order at which the layers can be told apart

# %% tags=["hide-input"]
from lib.suite.claims import Ledger

ledger = Ledger("22_energy_bands", globals())  # reads and checks the parameters

from lib.landscapes import complexity as cx, critical_points as cp, spin_glass as sg
from lib.statistics import flat, largest, mean, ratio, share, value
from lib.suite import figures

import numpy as np
import torch
from scipy.integrate import quad
from scipy.optimize import brentq

if len(sizes) != len(draws) or sizes != sorted(set(sizes)):
    raise ValueError("sizes must rise, each with a number in draws")
figures.style()
rng = np.random.default_rng(seed)

# %% [markdown]
# ## 1. The formulas, and the growth that they promise
#
# Two checks of the energies $E_k$ share no code with them: the ground state by another theory (one-step replica symmetry breaking,
# a minimum over one number), and the roots of $\Theta_k$ with its integral done numerically. Neither tests the layers
# themselves, for both take the factor $k+1$ from theory. For that we count.
#
# The expected number of critical points is an integral over eigenvalues of random symmetric matrices (the Gaussian orthogonal ensemble,
# GOE), exact at every $n$. For all indices together the density of eigenvalues is known in closed form. For a single low index we
# integrate over the $k+1$ lowest eigenvalues and draw the others. The logarithm of a count $C(n)$ grows as $n\Theta-a\ln n+c$, so that the
# second difference $(\ln C(4m)-2\ln C(2m)+\ln C(m))/m$ is $\Theta$ without $a$ and $c$.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 22.1a | E_0 is the replica ground state, p = 3 to 50 | largest difference ≤ 1e-10 | two routes to one number | ABAC 2013, theorem 2.14 (recalled) |
# | 22.1b | E_0 to E_5 are the roots of Θ_k with its integral done numerically | largest difference ≤ 5e-7 | six digits | ABAC 2013, theorem 2.8 (recalled) |
# | 22.1c | the count of all critical points grows as Θ, p = 3 and large p | largest difference ≤ 0.001 | a hundredth of Θ; a term in 1/n stays | ABAC 2013, theorem 2.8 (recalled) |
# | 22.1d | the counts of index 0, 1, 2 in the band grow as Θ_k | largest difference ≤ 0.008 | Θ_k are apart by 0.02 to 0.06 | ABAC 2013, theorem 2.5 (recalled) |
#
# The formulas, for every order $p$:

# %%
orders, m = range(3, 51), count_size // 4
ground = {p: cx.band_edge(p, 0) for p in orders}
threshold = {p: cx.threshold_energy(p) for p in orders}
replica = [ground[p] - cx.ground_state_energy(p) for p in orders]

# %% [markdown]
# The roots, found without the library:

# %%
def edge_by_quadrature(p, k):
    """E_k from the definition: (k + 1) times a numerical integral."""
    e = 2 * ((p - 1) / p) ** 0.5

    def excess(x):
        tail = quad(lambda z: np.sqrt(z * z - e * e), e, x, epsabs=1e-13)[0]
        return (p - 2) / (4 * (p - 1)) * x * x + (k + 1) * tail * 2 / e**2

    return brentq(lambda x: excess(x) - np.log(p - 1) / 2, e, e + 3, xtol=1e-12)


edges = {(p, k): cx.band_edge(p, k) for p in (3, 4, 5, large_p) for k in range(6)}
apart = [edge - edge_by_quadrature(*key) for key, edge in edges.items()]

# %% [markdown]
# Now the counts. `growth` is the second difference. For $p=3$ all critical points are counted at four energies; for the large $p$ each
# index at two energies inside the band, 0.4 and 0.7 of the way up from the ground state.

# %%
def growth(count, u, *which, **options):
    """Second difference over m, 2m, 4m spins of a logarithm of a count."""
    low, middle, high = (count(u, n, *which, **options) for n in (m, 2 * m, 4 * m))
    return (high - 2 * middle + low) / m


wide = ground[large_p] - threshold[large_p]
heights = [-ground[large_p] + f * wide for f in (0.4, 0.7)]
places = [(3, u) for u in (-1.645, -1.6, -1.4, -1.0)] + [(large_p, u) for u in heights]
total = {(p, u): growth(cx.log_count, u, p) for p, u in places}
planted = {"samples": 400, "rng": np.random.default_rng([seed, 1])}
layer = {
    (u, k): growth(cx.log_index_count, u, large_p, k, **planted)
    for u in heights for k in range(3)
}  # fmt: skip

# %% [markdown]
# The dashed lines are the formulas (their open marks only say which index), the filled marks the counts. Where a line crosses zero, at the
# dotted vertical, its layer begins: below that energy points of the index are exponentially rare.

# %% tags=["hide-input"]
fig, (ax,) = figures.panels(1, width=8)
u = np.linspace(-ground[large_p] - 0.03, -threshold[large_p], 200)
for k in range(3):
    measured = [layer[height, k] for height in heights]
    figures.measured(ax, heights, measured, f"index {k}, counted", joined=False, ms=8)
    line = cx.complexity(torch.from_numpy(u), large_p, k)
    figures.predicted(ax, u, line, r"formula, $\Theta_k$", of=f"index {k}, counted")
    at = {"axis": "x", "theory": False, "of": f"index {k}, counted"}
    figures.level(ax, -edges[large_p, k], **at)
ax.axhline(0, color="black", lw=0.6)
ax.set(xlabel="energy u", ylabel="growth rate of the count", title=f"p = {large_p}")
words = "Growth rates of counts of index 0, 1 and 2 lie on the three formulas."
figures.save(fig, "growth", words, legend="lower right")

# %%
misses = [total[p, u] - cx.complexity(u, p) for p, u in total]
missed = [layer[u, k] - cx.complexity(u, large_p, k) for u, k in layer]
ledger.judge({
    "22.1a": largest(np.abs(replica), rounding=True),
    "22.1b": largest(np.abs(apart), rounding=True),
    "22.1c": largest(np.abs(misses), digits=2),
    "22.1d": largest(np.abs(missed), digits=1),
})

# %% [markdown]
# ## 2. Do the random matrices count critical points?
#
# All of the above rests on one formula: the expected number of critical points of index $k$ is an average over random matrices. So
# we count critical points themselves. On the circle ($n=2$) they are sign changes of a derivative, and Rice's formula
# gives $2\sqrt{3p-2}$. On the spheres of 3 and 5 spins a Newton search from very many starts finds every one of
# them, or nearly. Morse theory tells which draws are complete: the number of points of even index minus that of odd index must be
# Euler's characteristic of the sphere, 2.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 22.2a | *identity:* p = 2 has two critical points of each index | largest difference ≤ 1e-10 | eigenvectors of a matrix | linear algebra |
# | 22.2b | n = 2, p = 3: expected number by random matrices / Rice's 2√7 | ratio 1 ± 0.001 | exact but for the integration | ABAC 2013, theorem 2.1 (recalled) |
# | 22.2c | n = 2, p = 3: counted on the circle / expected | ratio 1 ± 0.05 | five standard errors of 1,000 draws | ABAC 2013, theorem 2.1 (recalled) |
# | 22.2d | n = 5: expected numbers of even index less those of odd index | sum 2 ± 0.1 | Euler's characteristic; sampling | Morse theory |
# | 22.2e | n = 3: counted by index / expected, index 0, 1, 2 | largest difference from 1 ≤ 0.1 | the search misses up to a twentieth | ABAC 2013, theorem 2.1 (recalled) |
# | 22.2f | n = 5: counted by index / expected, index 0 to 4 | largest difference from 1 ≤ 0.15 | fewer draws, more points to miss | ABAC 2013, theorem 2.1 (recalled) |

# %%
def expected(n, p, k, number=5 * samples):
    return cx.expected_critical_points(n, p, k, samples=number, seed=[seed, n, k])[0]


two = [expected(n, 2, k, 20) - 2 for n in (2, 5, 20) for k in range(0, n, n // 2)]
rice = np.exp(cx.log_count(4.0, 2, 3)) / (2 * 7**0.5)
circle = sg.circle_count(sg.couplings(2, 3, rng.integers(2**32, size=1000)))
signed = sum((-1) ** k * expected(5, 3, k) for k in range(5))

# %% [markdown]
# The searches. A draw that is incomplete is searched no further: it lowers the count by a few points.

# %%
found, off = {}, {}
for n, number, searches in ((3, 400, 80), (5, 150, 400)):
    c = sg.couplings(n, 3, rng.integers(2**32, size=number))
    points = cp.all_critical_points(c, searches, rng)
    index = (points.index_fraction * (n - 1)).round().int().numpy()
    counts = np.bincount(n * points.draw.numpy() + index, minlength=n * number)
    found[n] = counts.reshape(number, n)
    theory = np.array([expected(n, 3, k) for k in range(n)])
    off[n] = found[n].mean(0) / theory - 1
complete = found[5] @ [1, -1, 1, -1, 1] == 2

# %% [markdown]
# Share of the draws at $n=5$ that are complete by Morse's sum:

# %%
share(complete, digits=2)

# %%
ledger.judge({
    "22.2a": largest(np.abs(two), rounding=True),
    "22.2b": value(rice),
    "22.2c": ratio(circle, np.full(len(circle), rice * 2 * 7**0.5)),
    "22.2d": value(signed, of=5 * samples),
    "22.2e": largest(np.abs(off[3]), of=len(found[3]), digits=2),
    "22.2f": largest(np.abs(off[5]), of=len(found[5]), digits=2),
})

# %% [markdown]
# ## 3. Which index at which energy
#
# The theory is often quoted like this: below the threshold critical points are minima, and as energy rises saddles of index one,
# two, three take over in turn. That is a statement about the probability $P(\text{index}=k\mid u)$, which can be computed. In the count of
# index $k$ the order $p$ enters only through a weight of the *energy*. At one energy the weight cancels, and what remains is
#
# $$P(\text{index}=k\mid u)=\rho_k(x)\Big/\sum_j\rho_j(x),\qquad x=u/E_\infty,$$
#
# with $\rho_k$ the density of the $k$-th eigenvalue (from 0, the lowest) of a GOE matrix whose eigenvalues fill the semicircle on
# $[-1,1]$: one set of stripes for all $p$. Near the threshold it depends on $s=2n^{2/3}(-u/E_\infty-1)$ only, and the share of minima has a
# limit with Airy functions (Tracy and Widom's density of the lowest eigenvalue over the density of all of them at the edge). So the border of the band is soft:
# it is $n^{-2/3}$ wide, and at 200 spins still wider than the band of $p=3$. Farther up the mean index at energy $u$ is
# $nF_{sc}(u/E_\infty)-\frac12$, with $F_{sc}(x)$ the share of the semicircle below $x$.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 22.3a | in the band of p = 3, critical points of 200 spins are minima | share ≥ 0.97 | .98 is the Airy limit at the threshold, and more below it | Choromanska et al. 2015, section 4 |
# | 22.3b | above the band, on [-1.45, -1.40], hardly any of them is a minimum | share ≤ 0.005 | exponentially rare: .15 at 50 spins, .002 at 100 | Choromanska et al. 2015, section 4 |
# | 22.3c | the share of minima follows the Airy limit at 200 spins | largest difference ≤ 0.06 | sampling; corrections of order n^-2/3 = .03 | derived here |
# | 22.3d | the stripes follow in turn: the mean index at u is n F_sc(u/E_∞) − 1/2 | largest difference ≤ 0.35 | less than the step from one stripe to the next | derived here |

# %%
levels = -np.arange(1.72, 1.19, -0.01)
x = levels / threshold[3]
counts = {n: cx.eigenvalue_counts(x, n, samples, rng) for n in (50, 100, 200)}
band = np.array([-ground[3], -threshold[3]]) / threshold[3]
inside = cx.eigenvalue_counts(band, 200, 4 * samples, rng)
above = cx.eigenvalue_counts(np.array([-1.45, -1.40]) / threshold[3], 200, samples, rng)

# %% [markdown]
# The border once more, in fourteen bins of its own scale $s$:

# %%
s = np.linspace(2, -5, 15)
airy = cx.eigenvalue_counts(-1 - s / (2 * 200 ** (2 / 3)), 200, 8 * samples, rng)
minima = cx.points_of_index(airy, 0).mean(0) / np.diff(airy).mean(0)

# %% [markdown]
# Theory for the two comparisons, at the middle of each bin; the mean index is compared where theory has it above 2.

# %%
limit = cx.minimum_share((s[1:] + s[:-1]) / 2)
middle = (levels[1:] + levels[:-1]) / 2
stripe = 200 * flat(cx.semicircle_share(middle / threshold[3])) - 0.5
steps = np.stack([cx.points_of_index(counts[200], k).mean(0) for k in range(60)])
average = (np.arange(60)[:, None] * steps).sum(0) / steps.sum(0)
high = stripe > 2

# %% [markdown]
# Each stripe is one index, 0 at the left; its height is its share of all critical points of that energy. With more spins the
# stripes narrow and crowd towards the threshold. The darkest field, at the right, holds all indices from 12 on. Where the plot is white
# at the left, hardly a point was drawn.

# %% tags=["hide-input"]
fig, axes = figures.panels(2, sharey=True)
colours = figures.plt.cm.YlGnBu(np.linspace(0.08, 1, 13))
for ax, n in zip(axes, (50, 200), strict=True):
    seen = np.diff(counts[n]).sum(0)
    heights = [cx.points_of_index(counts[n], k).sum(0) for k in range(12)]
    shares = np.array(heights) / np.maximum(seen, 1)
    rest = np.where(seen > 40, [*shares, 1 - shares.sum(0)], np.nan)
    ax.stackplot(middle, rest, colors=colours, lw=0.3, edgecolor="white")
    figures.level(ax, -threshold[3], r"threshold $-E_\infty$", axis="x")
    ax.axvline(-ground[3], color="black", ls=":", label=r"ground state $-E_0$")
    ax.set(xlabel="energy u", title=f"n = {n}", xlim=(-1.72, -1.2), ylim=(0, 1))
    for k in range(4):
        top = np.nanargmax(shares[k] * (middle > -1.62))
        ax.text(middle[top], shares[:k, top].sum() + shares[k, top] / 2, f"{k}",
                ha="center", va="center")
axes[0].set(ylabel="share of the critical points of energy u")
words = "Stripes: minima below the threshold, then index 1, 2, 3 take over in turn."
figures.legend_beside(fig)
figures.save(fig, "stripes", words)

# %% [markdown]
# The border itself, in units of its own width: three sizes and the limit.

# %% tags=["hide-input"]
fig, (ax,) = figures.panels(1, width=7)
for n in counts:
    seen, least = np.diff(counts[n]).sum(0), cx.points_of_index(counts[n], 0).sum(0)
    x = 2 * n ** (2 / 3) * (-middle / threshold[3] - 1)
    kept = (seen > 40) & (np.abs(x) < 6)
    part = least / np.maximum(seen, 1)
    figures.measured(ax, x[kept], part[kept], f"n = {n}", joined=False)
x = np.linspace(-6, 3, 91)
figures.predicted(ax, x, cx.minimum_share(x), "Airy limit")
figures.level(ax, 0, r"threshold", axis="x", theory=False)
ax.set(xlabel=r"$s=2n^{2/3}(-u/E_\infty-1)$", ylabel="share of minima")
words = "The share of minima against scaled energy: three sizes fall on the Airy limit."
figures.save(fig, "border", words, legend="upper left")

# %%
ledger.judge({
    "22.3a": ratio(cx.points_of_index(inside, 0), np.diff(inside)),
    "22.3b": ratio(cx.points_of_index(above, 0), np.diff(above), digits=2),
    "22.3c": largest(np.abs(minima - limit), of=8 * samples, digits=2),
    "22.3d": largest(np.abs(average - stripe)[high], of=samples, digits=2),
})

# %% [markdown]
# ## 4. Where descent stops
#
# Plain gradient descent on the sphere, step size 0.18, from uniform starts, many in each draw of the couplings. Starts that share a
# draw are not independent: intervals are taken over draws. The paper conjectures that training by gradient lands in the
# band. The theory of glassy dynamics says for $n\to\infty$ that descent comes down to the threshold and no farther. The *gap* is the
# mean of $u+E_\infty$, how far above the threshold the ends lie; the *spread* is their standard deviation.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 22.4d | descent ends in the band, at the largest n | share ≥ 0.5 | "lands in the band": most runs | Choromanska et al. 2015, abstract |
# | 22.4e* | the mean final energy is above the threshold | mean u + E_∞ ≥ 0 | nothing smaller is above | measured here |
# | 22.4a | the gap closes as n grows: at the largest n / at the smallest | ratio ≤ 0.6 | a gap that falls as n^-1/3 gives .63, one that stays open more | Cugliandolo and Kurchan 1993 (recalled) |
# | 22.4b | the limit is not the ground state: a in the fit a + b n^-2/3 is nearer to the threshold | a ≥ between | between is halfway from one to the other | Cugliandolo and Kurchan 1993 (recalled) |
# | 22.4c | ends grow alike: spread at the largest n / at the smallest | ratio ≤ 0.5 | a sum of independent spins gives n^-1/2, 0.5 | Choromanska et al. 2015, figure 3 |

# %%
options = {"learning_rate": step_size, "steps": 20000, "tolerance": final_gradient}
final = {
    n: sg.descent_ends(n, 3, number, starts, rng, **options)[0]
    for n, number in zip(sizes, draws, strict=True)
}
first, last = final[sizes[0]], final[sizes[-1]]
owner = np.repeat(np.arange(len(last)), starts)
in_band = (last <= -threshold[3]) & (last >= -ground[3])

# %% [markdown]
# From the means over draws: gaps, their ratio and the fit, each with its standard error.

# %%
centre = np.array([float(e.mean()) for e in final.values()])
error = np.array([float(e.mean(1).std()) / len(e) ** 0.5 for e in final.values()])

# %% [markdown]
# A straight line in $n^{-2/3}$ gives the limit.

# %%
gap, at = centre + threshold[3], np.array(sizes, dtype=float) ** (-2 / 3)
closing = gap[-1] / gap[0]
doubt = closing * np.hypot(error[0] / gap[0], error[-1] / gap[-1])
(_, fitted), w = np.polyfit(at, centre, 1, w=1 / error, cov="unscaled")
reach = 1.96 * np.array([-1, 1])
spreads = [np.std(e[rng.integers(len(e), size=(1000, len(e)))].numpy(), axis=(1, 2))
           for e in (last, first)]  # fmt: skip

# %% [markdown]
# Left, final energies and the band; right, the gap to the threshold, with the power 2/3 drawn through its first point.

# %% tags=["hide-input"]
fig, (left, right) = figures.panels(2)
for n, e in final.items():
    density, bins = np.histogram(e, np.arange(-1.9, -1.1, 0.02), density=True)
    figures.measured(left, (bins[1:] + bins[:-1]) / 2, density, f"n = {n}")
left.axvspan(-ground[3], -threshold[3], color="black", alpha=0.25, lw=0, label="band")
left.set(xlabel="final energy u", ylabel="density", xlim=(-1.85, -1.15))
right.errorbar(sizes, gap, 1.96 * error, fmt="o", capsize=3, label="descent")
curve = np.geomspace(sizes[0], sizes[-1], 20)
figures.predicted(right, curve, gap[0] * (curve / sizes[0]) ** (-2 / 3), r"$n^{-2/3}$")
right.set(xlabel="spins n", ylabel=r"mean of $u+E_\infty$", xscale="log", yscale="log")
right.set_xticks(sizes, sizes)
right.set_yticks([0.08, 0.12, 0.18], ["0.08", "0.12", "0.18"])
right.minorticks_off()
words = "Final energies of descent lie above the band and come nearer as n grows."
figures.save(fig, "descent", words)

# %%
ledger.judge({
    "22.4d": share(in_band, groups=owner, digits=2),
    "22.4e*": {f"n = {n}": mean(e.mean(1) + threshold[3]) for n, e in final.items()},
    "22.4a": value(closing, of=sum(draws), interval=[*(closing + reach * doubt)]),
    "22.4b": value(fitted, of=sum(draws), digits=4,
                   interval=[*(fitted + reach * w[1, 1] ** 0.5)]),
    "22.4c": value(last.std() / first.std(), of=sum(draws),
                   interval=[*np.quantile(spreads[0] / spreads[1], [0.025, 0.975])]),
}, between=-(threshold[3] + ground[3]) / 2)  # fmt: skip

# %% [markdown]
# ## 5. Control: two-body couplings have no band
#
# At $p=2$ the critical points are the eigenvectors of a matrix: one pair of minima, which is the ground state, and saddles. What
# stops descent at $p=3$ is absent, and every start must find the ground state.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 22.5 | *control:* p = 2: descent finds the ground state from every start | share within 0.001 ≥ 0.98 | 300 draws, all of them right, bound the share by .987 | linear algebra |

# %%
options = {"learning_rate": 0.3, "steps": 20000, "tolerance": 1e-3}
flat_ends, lowest = sg.descent_ends(sizes[0], 2, draws[0], starts, rng, **options)
reached = flat_ends - lowest < 1e-3

# %%
who = np.repeat(np.arange(draws[0]), starts)
ledger.judge({"22.5": share(reached, groups=who)})

# %% [markdown]
# ## All verdicts

# %%
ledger.conclude()

# %% [markdown]
# ## Reading
#
# **The theory is right as far as we can ask.** A count of critical points and a replica calculation, which share nothing, give
# the same ground state. Random matrices give the numbers that are found by search on the circle and on the spheres of three and five
# spins. The growth rates of the counts are the three separate formulas of the layers; with $2k+1$ in place of $k+1$ they would miss
# by several times the bound.
#
# **Layers are stripes with soft edges.** What happens at the threshold is the edge of a random matrix: a border of width
# $n^{-2/3}$, the same for all $p$. Infinitely many spins are needed before index 1, 2, 3 are told apart by $E_1,E_2,E_3$ *below*
# the threshold; at a few hundred the visible stripes stand *above* it.
#
# **The band is not where descent lands.** For $p=3$ it is 1.4% of the energy wide. What holds is the trend: the mean final
# energy comes down towards the threshold and the spread shrinks faster than $n^{-1/2}$, so large systems do end alike. A few
# runs end inside the band or below it.
#
# **What three sizes cannot decide.** The limit is nearer to the threshold than to the ground state, but its interval stays 0.008 above
# the threshold, a third of the band: the power $2/3$ is not yet exact at these sizes (from 25 to 100 spins the gap falls as
# about $n^{-0.6}$). And 22.4b bounds the limit from one side only: a limit above the threshold would pass. Earlier versions of this
# notebook asked for the exponent within 1/6 and the limit within 0.04, wider than the band; these rows are gone. So are rows on mean
# energies that rise with the index: eigenvalues are in order under any theory.
#
# **Criteria.** The bounds of 22.1c, d and 22.3c, d were set by the size of a difference that would matter, after first runs
# had shown what sampling adds. Runs on pilot seeds 101 to 103 came later and left room in every row: at most 0.005 in 22.1d, 0.05 in
# 22.2f, 0.04 in 22.3c and 0.26 in 22.3d. 22.4d is the conjecture as a reader takes it. 22.5 asked for .99 when starts were
# counted as independent.
#
# **Limits.** All numbers are averages over the disorder. The step from networks to this model needs independence
# assumptions that real networks break (criticised by Kawaguchi 2016, recalled); notebook 23 looks at networks themselves.
#
# **Try.** `large_p = 16`: wider layers, and all rows hold. `final_gradient = 1e-2`: mean energies rise by 0.001 to 0.002, descents caught
# on their last steps. `count_size = 200`: 22.1c and 22.1d fail, at 0.00102 and 0.011, since terms in $1/n$ have not died out.

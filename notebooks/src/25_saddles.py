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
# # No bad minima, but flat saddles, and they are the ones that descent meets
#
# ![verdict](../figures/25_saddles/verdict.svg)
#
# **Question.** Many losses of learning have no local minimum but the global one. What then are their other critical
# points, and does each of them show a way down to second order?
#
# **Answer.** In shallow problems (two linear layers, sensing, phase retrieval, quadratic units, orthogonal tensors) every
# other critical point that we find has a direction of negative curvature. Small completion problems have exceptions (3 of 80 draws of a pilot
# have a bad local minimum). From three linear layers on saddles can be flat: of the 15 balanced saddles that have not learned all of four
# modes exactly 4 are, those that have learned the strongest modes first. Descent from a small start passes near these, while
# a search from random points hardly ever lands on one (0.6%).
#
# ![census of critical points](../figures/25_saddles/census.svg)
#
# Each mark is a critical point of one target, for two, three and four layers; *greedy* are those that have learned the strongest modes.
#
# *The claim:* Kawaguchi 2016, *Deep learning without poor local minima*
# ([arXiv:1605.07110](https://arxiv.org/abs/1605.07110)), theorem 2.3; Baldi and Hornik 1989; Ge, Jin and Zheng 2017
# ([arXiv:1704.00708](https://arxiv.org/abs/1704.00708)); Ge, Huang, Jin and Yuan 2015
# ([arXiv:1503.02101](https://arxiv.org/abs/1503.02101)); Zhang, Josz, Sojoudi and Lavaei 2018
# ([arXiv:1805.10251](https://arxiv.org/abs/1805.10251)). Of these, abstracts or introductions were read; theorem numbers are
# recalled.

# %% [markdown]
# ## Setting
#
# A deep linear network of $N$ layers has the loss $\frac12\|W_N\cdots W_1-\Phi\|_F^2$. The target $\Phi$ has singular values
# $s_1>s_2>\dots$; each of them with its singular vectors is a **mode**. A critical point is **strict** if its Hessian has a negative eigenvalue, and **flat** if it has none and yet is no
# minimum. The difference matters: if descent starts at distance $\delta$, it leaves a strict saddle in a time like $\ln(1/\delta)$, a
# flat one in a power of $1/\delta$ (notebook 26). All Hessians here are exact, in closed form, and so are their eigenvalues.

# %% tags=["parameters"]
seed = 0  # in [0, 4294967295]: seed of every random draw
depths = [2, 3, 4, 5]  # each in [2, 6]: depths N of the census
problems = 20  # in [1, 500]: targets of the census
modes = 4  # in [2, 6]: singular values of each target
middle = 0.7  # in [0.1, 2]: entry c of the middle layers in section 2
orders = [2, 3, 4]  # each in [2, 4]: depths N in section 3 (deeper, the search does not settle)
radii = [0.04, 0.08]  # each of 2 or more in [0.01, 0.1]: distances there
scales = [0.02, 0.01, 0.005]  # each of 2 or more in [1e-3, 0.03]: starts of three layers in section 4
runs = 24  # in [4, 500]: runs from each start
regressions = 3  # in [1, 50]: regressions of each depth in section 5
searches = 600  # in [300, 20000]: starts of the search in each
draws = 6  # in [1, 100]: problems of each shallow kind in section 6
starts = 50  # in [10, 2000]: starts of descent and of the search in each
sensors = 60  # in [5, 500]: measurements in matrix sensing
tensor_starts = 6000  # in [4000, 100000]: starts of the search of section 7
trials = 4000  # in [500, 100000]: starts on each surface of section 8

# %% tags=["hide-input"]
from lib.suite.claims import Ledger

ledger = Ledger("25_saddles", globals())

from lib import linear_networks as ln
from lib.descent import Plain, descend
from lib.landscapes import saddles as sd, strict_saddles as strict
from lib.statistics import largest, median, share, smallest, value
from lib.suite import figures

import numpy as np
import pandas as pd
import torch

figures.style()
rng = np.random.default_rng(seed)

# %% [markdown]
# ## 1. A census of balanced critical points
#
# Let every layer have learned the modes of a set $I$ and nothing else: in suitable bases each layer is diagonal, with entry $s_i^{1/N}$ for
# $i\in I$ and zero elsewhere (the layers are *balanced*). All such points are critical, and for $d$ modes there are $2^d-1$ of them besides
# the minimum. What is the smallest eigenvalue of the Hessian there? With two layers a missing mode finds an idle hidden unit, which $W_1$
# and $W_2$ together can turn on:
#
# $$\lambda_{\min}=-\max_{i\notin I}s_i\quad(N=2),\qquad
# \lambda_{\min}=\min\Bigl(0,\min_{i\notin I,\;j\in I}s_j^{1-2/N}(s_j-s_i)\Bigr)\quad(N\ge3).$$
#
# From three layers on the idle unit is of no use to second order, since the layers between are zero there as well. All
# that is left is to turn the unit of a learned mode towards a missing one, which pays only if the missing one is stronger.
# So **a saddle is flat exactly if what it has learned are the strongest modes**: $\emptyset$, $\{1\}$, $\{1,2\}$, and so on,
# $d$ sets out of $2^d-1$. These are the greedy ones, which learning from a small start visits in turn (notebook 41).
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 25.1a | at every depth the smallest eigenvalue is that of the formula | largest difference ≤ 1e-10 | eigenvalues to rounding | derived here |
# | 25.1b | two layers: every saddle is strict | share with a negative eigenvalue ≥ 1 | one without refutes it | Kawaguchi 2016, theorem 2.3 |
# | 25.1c | more layers: every target has flat saddles | smallest number at a target ≥ 1 | one is enough | Kawaguchi 2016, theorem 2.3 |
# | 25.1d | and they are exactly the greedy ones | share of points sorted right ≥ 1 | one on the wrong side refutes it | derived here |

# %%
s = sd.spaced_values(modes, problems, 0.5, 2.5, 0.1, rng)[:, None]
learned = sd.proper_subsets(modes).expand(problems, -1, -1)
greedy = sd.greedy(learned)
census, error = {}, {}
for depth in depths:
    point, target = sd.critical_weights(s, learned, depth, modes + 1, rng)
    census[depth] = sd.lowest_curvature(point, target)
    error[depth] = (census[depth] - sd.smallest_curvature(s, learned, depth)).abs()

# %% [markdown]
# One target: each mark is a critical point at its smallest eigenvalue and its loss. Greedy ones are filled. With
# two layers all stand left of zero; with more, the greedy ones stand on the dashed line at zero and the others away from it.

# %% tags=["hide-input"]
shown = sorted({*depths})[:3]
fig, axes = figures.panels(len(shown), sharey=True, height=3.3)
loss = torch.where(learned[0], 0, s[0]).square().sum(-1) / 2
for ax, depth in zip(axes, shown, strict=True):
    figures.level(ax, 0, "flat", axis="x")
    for kind, fill in (("greedy", None), ("other", "none")):
        at = greedy[0] == (kind == "greedy")
        look = {"joined": False, "mfc": fill, "markersize": 7}
        figures.measured(ax, census[depth][0][at], loss[at], kind, **look)
    ax.set(title=f"N = {depth}", xlabel=r"smallest eigenvalue")
axes[0].set(ylabel="loss at the critical point")
alt = "Loss against smallest eigenvalue: from N = 3 on the greedy points lie at zero."
figures.save(fig, "census", alt, legend="lower left")

# %%
flat = {n: found > -1e-8 for n, found in census.items()}  # zero, to rounding
two = [~flat[n] for n in depths if n == 2]
more = [n for n in depths if n > 2]
ledger.judge({
    "25.1a": largest(error, rounding=True, of=problems),
    "25.1b": share(two, sample=False),
    "25.1c": smallest([flat[n].sum(-1) for n in more], of=problems),
    "25.1d": share([flat[n] == greedy for n in more], sample=False),
})

# %% [markdown]
# ## 2. Strictness belongs to the factors, not to the function
#
# Kawaguchi's theorem 2.3 (iv) has a condition under which saddles of deep networks are strict after all: the product of the
# middle layers must have full rank. So take the greedy points again, and give the middle layers an entry $c$ where they had
# zero. The first and the last layer are still zero there: nothing changes in the product $W_N\cdots W_1$. But now a small change in the
# first layer and one in the last are enough to open a path from input to output. With $k$ modes learned,
#
# $$\lambda_{\min}=-s_{k+1}\,c^{\,N-2}.$$
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 25.2a | with middle layers of full rank the smallest eigenvalue at the greedy points is −s c^(N−2), s the strongest missing mode | largest relative error ≤ 1e-6 | eigenvalues to rounding, with room | Kawaguchi 2016, theorem 2.3 (iv); its size derived here |
# | 25.2b | *control:* the product of the layers is the same as before | largest difference of its singular values ≤ 1e-12 | rounding of a product | derived here |

# %%
firsts = sd.proper_subsets(modes)[greedy[0]].expand(problems, -1, -1)
off, moved = {}, {}
for depth in more:
    point, target = sd.critical_weights(s, firsts, depth, modes + 1, rng, middle=middle)
    formula = sd.middle_curvature(s, firsts, depth, middle)
    off[depth] = (sd.lowest_curvature(point, target) / formula - 1).abs()
    values = torch.linalg.svdvals(ln.end_to_end(point))
    moved[depth] = (values - torch.where(firsts, s, 0)).abs()

# %% [markdown]
# What this means at the saddle that has learned one mode of the first target: from $c=0$, where it is flat, it becomes
# strict little by little, and the more slowly the more layers there are.

# %%
table = {}
for c in (0.0, 0.01, 0.1, 0.5, 1.0):
    lowest = [sd.middle_curvature(s[0], firsts[0, 1:2], n, c) for n in more]
    table[f"c = {c:g}"] = [f"{float(x):.1g}" for x in lowest]
pd.DataFrame(table, index=[f"N = {n}" for n in more])

# %%
ledger.judge({
    "25.2a": largest(off, rounding=True, of=problems),
    "25.2b": largest(moved, rounding=True, of=problems),
})

# %% [markdown]
# ## 3. A flat saddle is still a saddle
#
# Zero eigenvalues could hide a minimum. They do not. Move all $N$ layers at once along the strongest missing mode, each
# by $r/\sqrt N$: the product gains $(r/\sqrt N)^N$, and the loss falls by $s_{k+1}$ times that. Nothing within distance
# $r$ should fall faster:
#
# $$\max_{\text{distance}\,\le\,r}\bigl(\ell_{\text{saddle}}-\ell\bigr)
# =s_{k+1}\Bigl(\frac r{\sqrt N}\Bigr)^{N}\bigl(1+o(1)\bigr).$$
#
# So we search the ball for its lowest point, from 40 random starts. Plain descent would crawl; a fixed
# preconditioner $(H+4\,s_{k+1}r^{N-2}I)^{-1}$ steps over the stiff directions and climbs down the flat ones.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 25.3a | the largest drop within r grows as r^N | largest difference of the exponent from N ≤ 0.02 | the next order is r² at N = 2, half a per cent | derived here |
# | 25.3b | its size is s (r/√N)^N, s the strongest missing mode | largest relative error ≤ 0.01 | the same | derived here |

# %%
ends, ranks = (min(radii), max(radii)), (0, 1)
cases = [(k, n, r) for n in orders for k in ranks for r in ends]
drops = np.array([sd.deepest_drop(s[0, 0], *case, 40, rng) for case in cases])
laws = np.array([sd.largest_drop(float(s[0, 0, k]), r, n) for k, n, r in cases])
drops, laws = (x.reshape(len(orders), 2, 2) for x in (drops, laws))
exponents = np.log(drops[..., 1] / drops[..., 0]) / np.log(ends[1] / ends[0])

# %% [markdown]
# Marks are measured, lines are the formula. Around the saddle of four layers the loss is nearly a plain: within a distance of 0.1 nothing is
# lower by more than some $10^{-5}$.

# %% tags=["hide-input"]
fig, axes = figures.panels(2, sharey=True, height=3.2)
r = np.geomspace(ends[0] / 2, 2 * ends[1], 20)
for k, ax in zip(ranks, axes, strict=True):
    for row, n in enumerate(orders):
        figures.predicted(ax, r, sd.largest_drop(float(s[0, 0, k]), r, n))
        figures.measured(ax, ends, drops[row, k], f"N = {n}", joined=False)
    ax.set(xscale="log", yscale="log", xlabel="distance r")
    ax.xaxis.set_minor_formatter("")
    ax.set(title=f"{k} modes learned" if k != 1 else "1 mode learned")
axes[0].set(ylabel="largest drop of the loss")
alt = "Largest drop of the loss against distance, on lines of slope 2, 3 and 4."
figures.legend_beside(fig)
figures.save(fig, "drops", alt)

# %%
away = np.abs(exponents - np.array(orders)[:, None])
ledger.judge({
    "25.3a": largest(away, of=1),
    "25.3b": largest(np.abs(drops / laws - 1), of=1),
})

# %% [markdown]
# ## 4. What descent passes
#
# Descent from a small start goes from saddle to saddle, each a product that has learned the $k$ strongest modes. Many factorizations have
# the same product, and section 2 says that some of them are flat and others strict. Which does descent pass? Take networks of 3 × 3
# layers with $s=(3,\,1.8,\,0.9)$ and small Gaussian weights. Where a run comes nearest to the saddle of $k$ modes (the least gradient
# among its records whose loss is right to 2%) we compute the smallest eigenvalue.
#
# With two layers it must be $-s_{k+1}$. With three, the middle layer still has about its first size $\epsilon$, the scale of the start, in
# the missing modes. Section 2 with $c\approx\epsilon$ then says $-s_{k+1}\epsilon^{N-2}$ up to a factor that depends on the draw. So descent
# never stands on a flat saddle, but the smaller the start, the flatter is what it passes.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 25.4a | two layers: the smallest eigenvalue at the saddles passed is −s, s the strongest missing mode | median ratio 1 ± 0.02 | from a start of 1e-6 a run comes within 1e-3 of the saddle | derived here |
# | 25.4b* | three layers: it vanishes with the start, as ε^(N−2) = ε | median exponent power ± 0.15 | corrections at these ε, up to 0.1 in a pilot | derived here |
#
# The same random directions serve at every scale, so that each run gives an exponent of its own.

# %%
values = [3.0, 1.8, 0.9]
small = ln.gaussian_weights([3, 3, 3], runs, rng, 1e-6)
shallow = sd.passage(values, small, learning_rate=0.06, steps=2000, every=2)
first = ln.gaussian_weights([3, 3, 3, 3], runs, rng)
pace = {"learning_rate": 0.1, "every": 20}
deep = [sd.passage(values, [e * w for w in first], steps=round(100 / e), **pace)
        for e in scales]  # fmt: skip

# %% [markdown]
# Left: the eigenvalue along one run of two layers rests at $-3$, $-1.8$ and $-0.9$. Right: three layers, medians and quartiles
# over the runs: with half the start comes half the eigenvalue.

# %% tags=["hide-input"]
fig, (left, right) = figures.panels(2)
figures.measured(left, shallow.steps, shallow.curvature, "N = 2, one run", every=80)
names = "no mode", "one mode", "two modes"
for k, (v, name) in enumerate(zip(values, names, strict=True)):
    figures.level(left, -v, r"$-s_1,\;-s_2,\;-s_3$")
    passed = np.array([-run.passed[k].numpy() for run in deep])
    label = f"N = 3, {name} learned"
    figures.measured(right, scales, passed, label, band=(0.25, 0.75))
    guide = np.median(passed[0]) * np.array(scales) / scales[0]
    figures.predicted(right, scales, guide, r"slope 1")
left.set(xlabel="step", ylabel=r"smallest eigenvalue", ylim=(-3.4, 0.4))
left.set(xlim=(0, 2.2 * np.log(1e6) / (0.06 * values[-1])))
right.set(xscale="log", yscale="log", xlabel=r"scale $\epsilon$ of the start")
right.set(ylabel=r"minus the smallest eigenvalue", ylim=(1e-3, 2))
alt = "Left: eigenvalue along a run, three levels. Right: it shrinks with the start."
figures.save(fig, "passed", alt, legend="upper left")

# %%
fitted = np.polyfit(np.log(scales), np.log([-run.passed.flatten() for run in deep]), 1)
powers = dict(zip(names, fitted[0].reshape(3, runs), strict=True))
ratios = -shallow.passed / torch.tensor(values)[:, None]
draw = torch.arange(runs).expand(3, -1)
ledger.judge({
    "25.4a": median(ratios, groups=draw, digits=4),
    "25.4b*": {f"{name} learned": median(p) for name, p in powers.items()},
}, power=sd.plateau_exponent(3))  # fmt: skip

# %% [markdown]
# ## 5. A search without prejudice: Baldi and Hornik's list
#
# Do the balanced points tell the whole story? Here we search without a guess: noisy data with whitened inputs, random starts of order one,
# and the Levenberg-Marquardt method, which brings the gradient to zero and does not know a minimum from a saddle. Baldi and Hornik 1989 say that
# the loss at *every* critical point of a two-layer network is one of
#
# $$\tfrac12\sum_{i\notin I}\sigma_i^2,\qquad|I|\le\text{number of hidden units},$$
#
# up to a constant for the noise, with $\sigma_i$ the singular values of the regression matrix. The same list holds at any depth, with the
# width of the narrowest layer in place of the hidden units: 7 values for layers of 4-2-3 units, 8 for 4-3-3-3. The factors found
# are not balanced, so the eigenvalues are not those of section 1.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 25.5a | every loss found, with two layers and three, is on the list | largest distance ≤ 1e-10 | of second order in a gradient of 1e-10, with room | Baldi and Hornik 1989; Kawaguchi 2016 |
# | 25.5b | two layers: every value on the list is found | share ≥ 1 | a list that is too long refutes it | Baldi and Hornik 1989 |
# | 25.5c | two layers: every critical point but the minima is strict | share with an eigenvalue below −1e-6 ≥ 1 | one without refutes it | Baldi and Hornik 1989 |
# | 25.5d | three layers: the search hardly ever lands on a flat saddle | share with no eigenvalue below −0.001 ≤ 0.03 | 0 to 2 in 480 in a pilot | derived here |

# %%
networks = {2: [4, 2, 3], 3: [4, 3, 3, 3]}
found, sigma = {}, {}
for depth, widths in networks.items():
    targets = [sd.noisy_target([2, 1.3, 0.7], 4, 0.3, 60, rng)[0]
               for _ in range(regressions)]
    found[depth] = [sd.network_saddles(t, widths, searches, rng) for t in targets]
    sigma[depth] = torch.linalg.svdvals(targets[0])

# %% [markdown]
# The saddles of the first regression of each depth, drawn as the cells of a fine grid in which they lie, and the values of the list (dotted). The
# large crosses are greedy saddles of the same target, made as in section 1: every descent from a small start passes near each of them. (A few
# points lie beyond the left edge of the second panel.)

# %% tags=["hide-input"]
fig, axes = figures.panels(2, height=3.8)
for ax, (depth, widths), edge in zip(axes, networks.items(), (-2.2, -6), strict=True):
    heights = sd.critical_losses(sigma[depth], min(widths))[1:]
    for v in heights:
        figures.level(ax, v, "the list", theory=False)
    x = np.linspace(edge, 0.3, 129)
    y, points = np.linspace(0, 1.1 * float(max(heights)), 81), found[depth][0]
    here, *_ = np.histogram2d(points.loss, points.curvature, (y, x))
    blue = figures.plt.matplotlib.colors.ListedColormap(["white", "C0"])
    ax.pcolormesh(x, y, here > 0, cmap=blue, rasterized=True, zorder=0)
    ax.plot([], [], "s", color="C0", label="found")
    heights = sigma[depth].square().flip(0).cumsum(0)[-min(widths):] / 2
    depths_of = -sigma[depth][: min(widths)].flip(0) * (depth == 2)
    cross = {"linestyle": "", "marker": "X", "markersize": 9, "markevery": 1}
    figures.predicted(ax, depths_of, heights, "greedy, balanced", **cross)
    ax.set(title=f"N = {depth}", xlabel="smallest eigenvalue")
axes[0].set(ylabel="loss at the critical point")
alt = "Loss against smallest eigenvalue of saddles found: a few levels, away from zero."
figures.legend_beside(fig)
figures.save(fig, "found", alt)

# %% [markdown]
# All points found together, the share of flat ones among those of three layers, and of strict ones among those of two. (How many points a number of
# searches finds differs by one between machines, so the searches are given as the draws.)

# %%
both = found[2] + found[3]
curvature = {n: [one.curvature for one in found[n]] for n in networks}
flat_share = float((torch.cat(curvature[3]) > -1e-3).double().mean())
strict_share = float((torch.cat(curvature[2]) < -1e-6).double().mean())

# %%
ledger.judge({
    "25.5a": largest([one.distance for one in both], rounding=True, of=len(both)),
    "25.5b": share([one.met for one in found[2]], sample=False),
    "25.5c": value(strict_share, of=searches * len(found[2])),
    "25.5d": value(flat_share, of=searches * len(found[3]), digits=1),
})

# %% [markdown]
# ## 6. Four shallow problems
#
# Matrix sensing, completion, phase retrieval and a layer of quadratic units all have a loss of the same form, a sum of squares of
# quadratic forms less data: $f=\frac12\,\mathrm{mean}_i\,(\frac12x^\top Q_ix-b_i)^2$. The theorems say: no local minimum but the global one, every
# other critical point strict. From each of 50 Gaussian points we run 3,000 steps of descent, and from 50 others the search
# of section 5, on several problems of each kind.
#
# *Strict with a common gap* is more: at no critical point but the global minimum does the smallest eigenvalue lie above $-\gamma$, the same
# $\gamma$ for all. Theorems on descent need it. Eigenvalues are measured in units of the size of the smallest one at $x=0$. For
# completion, it is known to hold only with a regularizer that keeps $x$ from running away (Ge, Lee and Ma 2016, recalled). We leave the
# regularizer out and look.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 25.6a | descent reaches the global minimum, in all but completion | share ≥ 0.99 | one in a hundred may be slow | Ge, Jin, Zheng 2017; others, recalled |
# | 25.6b | in these every other critical point found is strict | share with an eigenvalue below −1e-6 of that at 0 ≥ 1 | one without refutes it | Ge, Jin, Zheng 2017; others, recalled |
# | 25.6c | with a common gap: their smallest eigenvalues stay away from zero | the one nearest to zero / size at 0 ≤ -0.01 | −0.05 or lower in a pilot | Ge, Jin, Zheng 2017; others, recalled |
# | 25.6d | completion without a regularizer has no such gap: they come near zero | the one nearest to zero / size at 0 ≥ -0.03 | one draw in three has such a saddle, a dozen are drawn | derived here |
# | 25.6e | most draws of completion have no bad minimum that catches descent | share of draws where every descent arrives ≥ 0.7 | 76 of 80 in a pilot | Ge, Lee, Ma 2016, recalled |
#
# Three of these rows were changed after runs. At first completion was part of 25.6a and b, and they failed on one seed in five: a matrix
# of 12 × 12 with 80% of its entries seen is small, and 3 of 80 draws have a bad local minimum. That is row 25.6e now.
# 25.6b asked for a negative eigenvalue, which rounding can give, and asks for one below −1e-6 since.

# %%
makers = {
    "sensing": lambda: strict.sensing_forms([1.0, 0.8], 5, sensors, rng),
    "phase retrieval": lambda: strict.retrieval_forms(8, 160, rng),
    "quadratic units": lambda: strict.quadratic_network_forms(
        [1.0, 0.81, 0.64, 0.49], 120, rng),
    "completion": lambda: strict.completion_forms(12, 0.8, rng),
}  # fmt: skip
count = dict.fromkeys(makers, draws) | {"completion": 2 * draws}  # for its rare tail
forms = {name: [strict.shallow_run(make(), starts, rng) for _ in range(count[name])]
         for name, make in makers.items()}  # fmt: skip

# %% [markdown]
# All saddles found, in all draws. The farther right, the flatter, on a logarithmic scale (a local minimum would stand at $10^{-8}$). Only
# completion has a tail towards zero.

# %% tags=["hide-input"]
fig, (ax,) = figures.panels(1, width=8, height=3.4)
for name, found_in in forms.items():
    lowest = torch.cat([one.curvature for one in found_in])
    loss = torch.cat([one.loss for one in found_in])
    look = {"joined": False, "mfc": "none", "markersize": 4}
    figures.measured(ax, (-lowest).clamp(min=1e-8), loss, name, **look)
ax.set(xscale="log", xlabel="minus the smallest eigenvalue, in units of that at 0")
ax.set(ylabel="loss / loss at 0")
ax.invert_xaxis()
figures.legend_beside(fig)
alt = "Loss against smallest eigenvalue: three clouds near one, completion trails off."
figures.save(fig, "shallow", alt)

# %%
lowest = {name: torch.cat([one.curvature for one in r]) for name, r in forms.items()}
last = lowest.pop("completion")
arrived = {name: torch.stack([one.arrived for one in r]) for name, r in forms.items()}
most = arrived.pop("completion").all(1)
ledger.judge({
    "25.6a": share(arrived, sample=False),
    "25.6b": share([x < -1e-6 for x in lowest.values()], sample=False),
    "25.6c": largest(lowest, of=3 * draws, digits=2),
    "25.6d": largest(last, of=2 * draws, digits=1),
    "25.6e": share(most, sample=False),
})

# %% [markdown]
# ## 7. Orthogonal tensors
#
# Ge and others 2015 introduced the word *strict saddle* for this problem: find the orthonormal *components* $v_1,\dots,v_d$ of
# $T=\sum_kv_k^{\otimes4}$. On the unit sphere, $f(u)=-\frac14\sum_k(v_k^\top u)^4$ has a critical point wherever $u$ has equal weights on some $k$
# of the components, with any signs, and none on the others. There are $\binom dk2^k$ of them, of index $k-1$, with smallest curvature $-2/k$
# for $k\ge2$, and $3^d-1$ in all. To find all components at once, they minimise $\sum_{i\ne j}T(u_i,u_i,u_j,u_j)$ over unit vectors, which is
# zero only at the solution.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 25.7a | all critical points of the list are found | smallest, over k, of found / predicted ≥ 1 | a point that is missing refutes it | derived here |
# | 25.7b | nothing else is found | found / (3^d − 1) ≤ 1 | one more refutes it | derived here |
# | 25.7c | the index is k − 1 | share of points ≥ 1 | one other index refutes it | derived here |
# | 25.7d | the smallest curvature is −2/k | largest error ≤ 1e-6 | a root to 1e-11, times its condition | derived here |
# | 25.7e | from random vectors, descent finds all components at once | share of runs at 0 ≥ 1 | one stuck refutes it | Ge et al. 2015 |

# %%
components = ln.orthogonal(4, rng)
points = strict.tensor_census(components, tensor_starts, rng)
vectors = strict.unit(torch.from_numpy(rng.standard_normal((200, 4, 4))))
together = descend(
    lambda w: (strict.pairs_gradient(w[0], components),), (vectors,),
    rule=Plain(0.1), steps=1500,
    retraction=lambda w: (strict.unit(w[0]),))  # fmt: skip

# %% [markdown]
# The table of the census:

# %%
law = strict.tensor_law(4)
here = {k: points.support == k for k in law}
table = pd.DataFrame({
    "found": [int(h.sum()) for h in here.values()],
    "predicted": [number for number, _, _ in law.values()],
    "index": [points.index[h].unique().tolist() for h in here.values()],
    "curvature": [round(float(points.curvature[h].mean()), 4) for h in here.values()],
}, index=pd.Index(law, name="k"))  # fmt: skip
table

# %%
expected = torch.tensor([law[int(k)] for k in points.support])
at_end = strict.pairs_loss(together.weights[0], components)
ledger.judge({
    "25.7a": smallest(table.found / table.predicted, of=1),
    "25.7b": value(len(points.support) / (3**4 - 1)),
    "25.7c": share(points.index == expected[:, 1], sample=False),
    "25.7d": largest((points.curvature - expected[:, 2]).abs(), rounding=True, of=1),
    "25.7e": share(at_end < 1e-10, sample=False),
})

# %% [markdown]
# ## 8. Control: where the theorems end
#
# All of section 6 rests on measurements that keep distances: $|A(M)|^2$ must lie between $1-\delta$ and $1+\delta$ times $|M|^2$, with a
# small *restricted isometry constant* $\delta$. Sensing with
# $|A(M)|^2=M_{11}^2+M_{11}M_{22}+M_{22}^2+2kM_{12}^2$ has $\delta=\max(\frac12,k-1)$, which grows with $k$. The loss is
# $|A(xx^\top-zz^\top)|^2$ with $z=(1,0)$. At $x=(0,\pm\frac1{\sqrt2})$ its gradient is zero and its Hessian
# $\mathrm{diag}(2k-3,\,4)$: a strict saddle for $k<\frac32$, a bad local minimum for $k>\frac32$. Zhang and others 2018 found the instance
# $k=\frac32$, where $\delta=\frac12$, and report that stochastic descent fails there in 12% of their trials.
#
# Exactly at $k=\frac32$ the Hessian is $\mathrm{diag}(0,4)$. With $x=(a,b)$ the loss falls as $-3a^4$ along $b^2=\frac12-2a^2$: a flat saddle.
# Then $\dot a\propto a^3$, and after time $t$ the share still *held* there must be proportional to $t^{-1/2}$. A start counts as caught, or held, while
# its loss is above $\frac12$.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 25.8a | *control:* at δ = 1/2 with a strict saddle (k = 1.4) hardly a start is caught | share ≤ 0.002 | 4,000 steps of .01 multiply a distance by some e⁸: only starts within some 1e-4 of the ridge are left | derived here |
# | 25.8b | at δ = 0.6 (k = 1.6) a local minimum catches starts | share ≥ 0.1 | 0.16 or more in a pilot | Zhang et al. 2018 |
# | 25.8c | at δ = 1 (k = 2) it catches more, the share of a pilot | share 0.28 ± 0.06 | spread of the pilot, and the interval | measured here |
# | 25.8d | at δ = 1/2 with a flat saddle (k = 3/2) the share still held falls as t^−1/2 | slope of ln share on ln steps -0.5 ± 0.1 | 0.03 from the few that are held | derived here |

# %%
stretches = [1.2, 1.4, 1.5, 1.6, 1.8, 2.0]
held = [strict.caught(k, trials, [4000], rng)[0] for k in stretches]
at_steps = [500, 1000, 2000, 4000, 8000, 16000]
flat_held = strict.caught(1.5, 4 * trials, at_steps, rng)

# %% [markdown]
# Left: the share caught after 4,000 steps turns on at $k=\frac32$. Right: exactly there the saddle is flat, and the share still held falls slowly.

# %% tags=["hide-input"]
fig, (left, right) = figures.panels(2, height=3.3)
figures.shares(left, stretches, [int(h.sum()) for h in held], trials, "4,000 steps")
figures.level(left, 1.5, r"$k=3/2$: $\delta=1/2$", axis="x")
left.set(xlabel="k", ylabel="share caught")
counts = [int(h.sum()) for h in flat_held]
figures.shares(right, at_steps, counts, 4 * trials, "k = 3/2")
line = counts[2] / (4 * trials) * (np.array(at_steps) / at_steps[2]) ** -0.5
figures.predicted(right, at_steps, line, "slope −1/2")
right.set(xscale="log", yscale="log", xlabel="steps", ylabel="share still held")
alt = "Left: the share caught turns on at k = 3/2. Right: there it falls slowly."
figures.save(fig, "isometry", alt)

# %%
caught = dict(zip(stretches, held, strict=True))
left_at = np.log(flat_held.double().mean(1))
ledger.judge({
    "25.8a": share(caught[1.4]),
    "25.8b": share(caught[1.6]),
    "25.8c": share(caught[2.0]),
    "25.8d": value(np.polyfit(np.log(at_steps), left_at, 1)[0], of=4 * trials),
})

# %% [markdown]
# ## All verdicts

# %%
ledger.conclude()

# %% [markdown]
# ## Reading
#
# **There are no bad local minima here, and that is not the whole story.** In the shallow problems strictness is real, with a
# gap. In deep networks the saddles that have learned the strongest modes are flat, at every depth from three on, and these are the very ones on
# the way of descent. Both halves of the story are needed to say how long training takes.
#
# **A search does not see what descent sees.** Of some thousand points that the search finds with three layers a handful are flat.
# They are a thin set, and descent is led to them by its small start. Critical points found by a search are no picture of training.
#
# **Completion is the odd one out, twice.** Without the regularizer there is no gap: at saddles that run away to large $x$ the smallest
# eigenvalue comes as near to zero as $2\cdot10^{-4}$ of that at 0. And at this size, 12 × 12 of rank one with 80% of the entries seen, 3 of 80
# draws of a pilot have a bad local minimum, with all eigenvalues positive and up to 40% of the descents caught; with 90% seen, none of 80. (The
# draws of the published run have none.) The theorems hold for enough entries and with high probability: this is why they say so.
#
# **Failing at $\delta=\frac12$ is slow, not final.** The instance at $k=\frac32$ is no local minimum: the share of starts that it
# holds falls as one over the square root of time. Zhang and others count 12% failures; here 5% are left after 4,000 steps of size 0.01,
# and any budget has its own number. Above, the minimum is real.
#
# **Limits.** Section 1 counts balanced points; section 5 shows that others have the same losses but other eigenvalues. Whitened inputs
# throughout. Strictness in section 6 is what a search has met, not a proof; the search favours points near its starts.
#
# **Try.** `sensors = 8`: too few measurements, 8% of the descents do not arrive, and 25.6a fails. `middle = 0.1`: the greedy points of
# four layers are still strict, with an eigenvalue of $-s_{k+1}/100$, and all rows hold.

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
# **Answer.** In shallow problems (two linear layers, sensing, phase retrieval, quadratic units, orthogonal tensors) every other
# critical point that we find has a direction of negative curvature. From three linear layers on that is false in a telling way:
# of the 15 ways to have learned some but not all of four modes exactly 4 are flat, the greedy ones, and these are the saddles
# that descent from a small start passes. A random search hardly ever lands on them.
#
# ![census of critical points](../figures/25_saddles/census.svg)
#
# *The claim:* Kawaguchi 2016, *Deep learning without poor local minima*, theorem 2.3 ([arXiv:1605.07110](https://arxiv.org/abs/1605.07110));
# Baldi and Hornik 1989; Ge, Jin and Zheng 2017 ([arXiv:1704.00708](https://arxiv.org/abs/1704.00708)); Zhang, Josz, Sojoudi and
# Lavaei 2018 ([arXiv:1805.10251](https://arxiv.org/abs/1805.10251)). Abstracts and introductions were read, theorem numbers are recalled.

# %% [markdown]
# ## Setting
#
# A deep linear network has the loss $\frac12\|W_N\cdots W_1-\Phi\|_F^2$, with singular values $s_1>s_2>\dots$ of the target $\Phi$.
# A critical point is **strict** if its Hessian has a negative eigenvalue, and **flat** if it has none and yet is no
# minimum. The difference matters: near a strict saddle descent leaves in a logarithm of its distance, near a flat one in a
# power (notebook 26). All Hessians are exact, in closed form, and their eigenvalues are computed, not estimated.

# %% tags=["parameters"]
seed = 0  # in [0, 4294967295]: seed of every random draw
depths = [2, 3, 4, 5]  # each in [2, 6]: depths N of the census
problems = 20  # in [1, 500]: targets of the census
modes = 4  # in [2, 6]: singular values of each target
middle = 0.7  # in [0.1, 2]: entry c of the middle layers in section 2
radii = [0.05, 0.1]  # each in [0.005, 0.2]: distances in section 3
scales = [0.02, 0.01, 0.005]  # each in [1e-3, 0.05]: starts of the deep runs of section 4
runs = 24  # in [4, 500]: runs from each start
searches = 500  # in [100, 20000]: starts of a search for each regression of section 5
regressions = 3  # in [1, 50]: regressions for each depth there
draws = 5  # in [1, 100]: problems of each shallow kind in section 6
starts = 60  # in [10, 2000]: starts of descent and of the search on each
sensors = 60  # in [5, 500]: measurements in matrix sensing
seen = 0.8  # in (0, 1]: share of the entries seen in matrix completion
tensor_starts = 6000  # in [1000, 100000]: starts of the search of section 7
trials = 2000  # in [100, 100000]: starts on each surface of section 8

# %% tags=["hide-input"]
from lib.suite.claims import Ledger

ledger = Ledger("25_saddles", globals())

from lib import linear_networks as ln
from lib import saddles as sd
from lib.descent import descend
from lib.statistics import largest, median, share, slope, smallest, value
from lib.suite import figures
from lib.surfaces import follow

import numpy as np
import pandas as pd
import torch

figures.style()
rng = np.random.default_rng(seed)

# %% [markdown]
# ## 1. A census of balanced critical points
#
# Let every layer have learned the modes of a set $I$ and nothing else: entry $s_i^{1/N}$ for $i\in I$, zero elsewhere, in any
# bases. All such points are critical, and for $d$ modes there are $2^d-1$ of them besides the minimum. What is the smallest
# eigenvalue of the Hessian there? For two layers a missing mode meets an idle hidden unit, and $W_1,W_2$ together can turn it on:
#
# $$\lambda_{\min}=-\max_{i\notin I}s_i\quad(N=2),\qquad
# \lambda_{\min}=\min\Bigl(0,\min_{i\notin I,\,j\in I}s_j^{1-2/N}(s_j-s_i)\Bigr)\quad(N\ge3).$$
#
# From three layers on the idle unit is of no use to second order, since the layer between is zero there. All that is left is to
# let a learned mode's unit take up a missing one, which pays only if the missing one is stronger. So **a saddle is flat exactly
# if what it has learned are the strongest modes**: $\emptyset,\{1\},\{1,2\},\dots$, $d$ sets out of $2^d-1$.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 25.1a* | the smallest eigenvalue is that of the formula | largest error ≤ 1e-10 | eigenvalues to rounding | derived here |
# | 25.2a | two layers: every saddle is strict | share of points with a negative eigenvalue ≥ 1 | one that is not refutes it | Kawaguchi 2016, theorem 2.3 |
# | 25.2b | three layers and more: flat if and only if greedy | share of points sorted right ≥ 1 | one on the wrong side refutes it | derived here |
# | 25.2c | flat saddles exist at every depth from three on | smallest number at a target ≥ 1 | one would do | Kawaguchi 2016, theorem 2.3 |

# %%
s = sd.spaced_values(modes, problems, 0.5, 2.5, 0.1, rng)[:, None]  # gaps of 0.1 at least
learned = sd.proper_subsets(modes).expand(problems, -1, -1)
greedy = sd.greedy(learned)
census, law = {}, {}
for depth in depths:
    point, target = sd.critical_weights(s, learned, depth, modes + 1, rng)
    census[depth] = sd.lowest_curvature(point, target)
    law[depth] = sd.smallest_curvature(s, learned, depth)
flat = {depth: found > -1e-8 for depth, found in census.items()}  # 0 to rounding

# %% [markdown]
# One target: each point is a critical point, its height the loss there, its place the smallest eigenvalue. Greedy points are
# filled. At $N=2$ the weaker the strongest missing mode, the gentler the way down; from $N=3$ on the greedy points stand on the dashed line at 0.

# %% tags=["hide-input"]
shown = sorted({min(depths), sorted(depths)[len(depths) // 2], max(depths)})
fig, axes = figures.panels(len(shown), sharey=True, height=3.4)
height = torch.where(learned[0], 0, s[0]).square().sum(-1) / 2
for ax, depth in zip(axes, shown, strict=True):
    for kind, fill, name in ((~greedy[0], "none", "other"), (greedy[0], None, "greedy")):
        look = {"joined": False, "mfc": fill, "markersize": 8}
        figures.measured(ax, census[depth][0][kind], height[kind], name, **look)
    figures.level(ax, 0, "flat", axis="x", theory=True)
    ax.set(title=f"N = {depth}", xlabel=r"smallest eigenvalue $\lambda_{\min}$")
axes[0].set(ylabel="loss at the critical point")
alt = "Loss against smallest Hessian eigenvalue; the greedy points are at zero from N = 3 on."
figures.save(fig, "census", alt, legend="upper left")

# %%
error = {f"N = {n}": largest((census[n] - law[n]).abs(), rounding=True, of=problems) for n in depths}
deep = [n for n in depths if n > 2]
right = torch.cat([(flat[n] == greedy).flatten() for n in deep])
ledger.judge({
    "25.1a*": error,
    "25.2a": share(~flat.get(2, flat[min(depths)]), sample=False),
    "25.2b": share(right, sample=False),
    "25.2c": smallest([flat[n].sum(-1) for n in deep], of=problems),
})

# %% [markdown]
# ## 2. Strictness belongs to the factors, not to the function
#
# Kawaguchi's theorem 2.3 (iv) has a condition under which every saddle is strict even in deep networks: the product of the
# middle layers must have full rank. So take the greedy points again, and give the middle layers an entry $c$ where they had zero. The
# first and last layer are still zero there, so the product $W_N\cdots W_1$ is the same function. But now there is a way from
# input to output, and it pays:
#
# $$\lambda_{\min}=-s_{k+1}\,c^{N-2}.$$
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 25.3a* | with middle layers of full rank the greedy saddles are strict | largest relative error of −s c^(N−2) ≤ 1e-6 | eigenvalues to rounding, with room | Kawaguchi 2016, theorem 2.3 (iv); the number derived here |
# | 25.3z | *control:* the function is the same | largest difference of the product ≤ 1e-12 | rounding of a product | derived here |

# %%
firsts = learned[:, greedy[0]]  # the greedy sets, {} to {1..d-1}
strict, same = {}, []
for depth in [n for n in depths if n > 2]:
    point, target = sd.critical_weights(s, firsts, depth, modes + 1, rng, middle=middle)
    formula = sd.middle_curvature(s, firsts, depth, middle)
    strict[depth] = sd.lowest_curvature(point, target) / formula - 1
    values = torch.linalg.svdvals(ln.end_to_end(point))
    same.append((values - torch.where(firsts, s, 0)).abs())

# %% [markdown]
# For one target and the saddle of rank 1: the eigenvalue for other entries $c$. At $c=0$ we are back at the flat saddle.

# %%
entries = torch.tensor([0, 0.01, 0.1, 0.5, 1.0], dtype=torch.float64)
table = pd.DataFrame(index=[f"N = {depth}" for depth in strict])
for c in entries:
    table[f"c = {c:g}"] = [
        f"{sd.middle_curvature(s[0], firsts[0, 1], depth, c).item():.2g}" for depth in strict
    ]
table

# %%
errors = {f"N = {n}": largest(e.abs(), rounding=True, of=problems) for n, e in strict.items()}
ledger.judge({"25.3a*": errors, "25.3z": largest(same, rounding=True, of=problems)})

# %% [markdown]
# ## 3. A flat saddle is still a saddle
#
# Zero eigenvalues could hide a minimum. They do not. Moving all $N$ layers at once along the strongest missing mode, each by
# $r/\sqrt N$, the product gains $(r/\sqrt N)^N$ and the loss falls by $s_{k+1}$ times that:
#
# $$\max_{\text{distance}\le r}\bigl(\ell_{\text{saddle}}-\ell\bigr)=s_{k+1}\Bigl(\frac r{\sqrt N}\Bigr)^{N}(1+o(1)).$$
#
# To check that nothing falls faster we search the whole ball for its lowest point. Plain descent would crawl; a fixed
# preconditioner $(H+4s\,r^{N-2}I)^{-1}$ steps over the stiff directions.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 25.4a* | the largest drop within r is of order N | largest distance of the exponent from N ≤ 0.02 | next order is r² at N = 2 | derived here |
# | 25.5a* | and is s (r/√N)^N | largest relative error ≤ 0.01 | the same | derived here |

# %%
low, high = min(radii), max(radii)
exponents, errors = {}, {}
drops = np.empty((3, 2, 2))  # depth; rank k = 0, 1; radius
for row, depth in enumerate((2, 3, 4)):
    for k in (0, 1):
        speed = float(s[0, 0, k])
        point, target = sd.critical_weights(s[0, 0], torch.arange(modes) < k, depth, modes, rng)
        for column, r in enumerate((low, high)):
            drops[row, k, column] = sd.deepest_drop(point, target, speed, r, 40, rng)
laws = np.array([[[sd.largest_drop(float(s[0, 0, k]), r, n) for r in (low, high)]
                  for k in (0, 1)] for n in (2, 3, 4)])  # fmt: skip
order = np.log(drops[..., 1] / drops[..., 0]) / np.log(high / low)

# %% [markdown]
# Measured drops (marks) and the formula (dashed), at rank 0 and 1. The slope of a line is its order: a saddle of four layers
# looks like a plain, since within a distance of 0.1 the loss falls by less than $10^{-5}$.

# %% tags=["hide-input"]
fig, axes = figures.panels(2, sharey=True, height=3.2)
r = np.geomspace(low / 2, 2 * high, 20)
for k, ax in enumerate(axes):
    for row, n in enumerate((2, 3, 4)):
        figures.predicted(ax, r, sd.largest_drop(float(s[0, 0, k]), r, n))
        figures.measured(ax, (low, high), drops[row, k], f"N = {n}", joined=False)
    ax.set(xscale="log", yscale="log", xlabel="distance r", title=f"saddle of rank {k}")
axes[0].set(ylabel="largest drop of the loss")
alt = "Largest drop of the loss against distance; straight lines of slope 2, 3 and 4."
figures.save(fig, "drops", alt, legend="lower right")

# %%
ledger.judge({
    "25.4a*": {f"N = {n}": largest(np.abs(order[n - 2] - n), of=1) for n in (2, 3, 4)},
    "25.5a*": {f"N = {n}": largest(np.abs(drops / laws - 1)[n - 2], of=1) for n in (2, 3, 4)},
})

# %% [markdown]
# ## 4. What descent passes
#
# Saddle-to-saddle descent (notebook 41) visits the greedy saddles, one rank after the other. But which of the many factorizations of
# them? Take 3 × 3 networks with $s=3,1.8,0.9$ and small Gaussian weights. Along each run we look for the place where it comes nearest
# to the saddle of rank $k$ (least gradient among the records with the right loss, to 2%), and compute the smallest eigenvalue there.
#
# For two layers it must be $-s_{k+1}$. For three the middle layer still has entries of the start's size $\epsilon$ in the
# missing modes: by section 2 the eigenvalue is of the order $-s_{k+1}\epsilon^{N-2}$. Descent never stands on a flat saddle, but
# its saddles become flat with the start.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 25.6a* | two layers: the eigenvalue at the plateaus is −s | median ratio 1 ± 0.02 | starts of 1e-6 come near to 1e-3 | derived here |
# | 25.7a* | three layers: it vanishes with the start as ε^(N−2) | median exponent power ± 0.15 | corrections of order ε ln(1/ε) at these starts | derived here |
#
# The same random directions at every scale, so that each run gives an exponent of its own.

# %%
values = [3.0, 1.8, 0.9]
start = ln.gaussian_weights([3, 3, 3], runs, rng, 1e-6)
two = sd.passage(values, start, learning_rate=0.06, steps=2000, every=2)
directions = ln.gaussian_weights([3, 3, 3, 3], runs, rng)
three = {
    e: sd.passage(values, [e * w for w in directions],
                  learning_rate=0.1, steps=round(100 / e), every=20)
    for e in scales
}  # fmt: skip
passed = torch.stack([run.passed for run in three.values()])  # scale, rank, run
x = np.log(scales) - np.mean(np.log(scales))
powers = np.tensordot(x, np.log(-passed), 1) / (x @ x)  # slope for each rank and run

# %% [markdown]
# Left: the eigenvalue along one run of two layers; it rests at $-3$, $-1.8$, $-0.9$ and then rises to the minimum.
# Right: three layers. Each line is a rank; ten times smaller a start, ten times flatter the saddle.

# %% tags=["hide-input"]
fig, (left, right) = figures.panels(2)
figures.measured(left, two.steps, two.curvature, "N = 2, one run", every=80)
for number, v in enumerate(values):
    figures.level(left, -v, r"$-s_1,\,-s_2,\,-s_3$" if number == 0 else None)
    points = np.median(-passed[:, number], axis=1)
    figures.measured(right, scales, points, f"N = 3, rank {number}", joined=False)
    line = points[-1] * np.array(scales) / scales[-1]
    figures.predicted(right, scales, line, r"proportional to $\epsilon$")
left.set(xlabel="step", ylabel=r"smallest eigenvalue", ylim=(-3.4, 0.4))
right.set(xscale="log", yscale="log", xlabel=r"scale $\epsilon$ of the start")
right.set(ylabel=r"$-\lambda_{\min}$ at the plateau")
alt = "Left: eigenvalue along a run, three levels. Right: eigenvalue at plateaus against the start."
figures.save(fig, "passed", alt)

# %%
ratios = -two.passed / torch.tensor(values)[:, None]
ledger.judge({
    "25.6a*": {f"rank {k}": median(ratios[k]) for k in range(3)},
    "25.7a*": {f"rank {k}": median(powers[k]) for k in range(3)},
}, power=sd.plateau_exponent(3))

# %% [markdown]
# ## 5. A search at random: Baldi and Hornik's list
#
# Do balanced points tell the whole story? Search without prejudice: noisy data with whitened inputs, random starts of order one, and a
# Levenberg-Marquardt search for zeros of the gradient, which is blind to the index. Baldi and Hornik 1989 say that the
# loss at *every* critical point of a two-layer network is $\frac12\sum_{i\notin I}\sigma_i^2$, with at most as many modes in $I$
# as there are hidden units. The same list holds at any depth, with the narrowest layer.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 25.8a* | every loss found is on the list | largest distance ≤ 1e-10 | the error is of second order in a gradient of 1e-10 | Baldi and Hornik 1989; Kawaguchi 2016 |
# | 25.9a* | every value on the list is found | share ≥ 1 | a list that is too long refutes it | the same |
# | 25.10a | two layers: each critical point but the minimum is strict | share of saddles with an eigenvalue below −1e-6 ≥ 1 | one without refutes it | Baldi and Hornik 1989 |
# | 25.10b | three layers: the search hardly ever lands on a flat saddle | share above −0.001 ≤ 0.03 | 0 to 3 in a thousand in a pilot | derived here |

# %%
networks = {2: [4, 2, 3], 3: [4, 3, 3, 3]}
distance, met, lowest, heights = {}, {}, {}, {}
for depth, widths in networks.items():
    distance[depth], met[depth], lowest[depth], heights[depth] = [], [], [], []
    for _ in range(regressions):
        target, _ = sd.noisy_target(4, 3, 2, 0.3, 60, rng)
        begin = sd.flattened(ln.gaussian_weights(widths, searches, rng, 0.7))
        found = sd.search(sd.network_field(target, widths), begin)
        loss = ln.loss(sd.layers(found.points, widths), target)
        listed = sd.critical_losses(torch.linalg.svdvals(target), min(widths))
        gaps = (loss[:, None] - listed).abs()
        distance[depth].append(gaps.amin(1))
        met[depth].append(torch.isin(torch.arange(len(listed)), gaps.argmin(1)))
        lowest[depth].append(found.curvature[gaps.argmin(1) > 0])
        heights[depth].append(loss[gaps.argmin(1) > 0])

# %% [markdown]
# Saddles of the first regression of each depth. They stand on the levels of the list (dotted). The crosses at zero are the greedy saddles, made by
# hand as in section 1: descent passes near each of them, the search finds none, or one or two.

# %% tags=["hide-input"]
fig, axes = figures.panels(2)
for ax, (depth, widths) in zip(axes, networks.items(), strict=True):
    height = heights[depth][0]
    look = {"joined": False, "mfc": "none", "markersize": 4}
    figures.measured(ax, lowest[depth][0], height, "found by search", **look)
    for v in torch.unique(height.round(decimals=8)):
        figures.level(ax, v, theory=False, lw=0.8)
    ax.set(title=f"N = {depth}", xlabel=r"smallest eigenvalue $\lambda_{\min}$")
    ax.set(ylabel="loss at the critical point")
top = torch.stack([height.max(), *height[height < height.max() * 0.999].unique()[-1:]])
figures.level(axes[1], 0, "flat", axis="x")
alt = "Loss against smallest eigenvalue of the saddles found; they lie on a few levels."
figures.save(fig, "found", alt, legend="lower left")

# %%
ledger.judge({
    "25.8a*": {f"N = {n}": largest(d, rounding=True, of=regressions) for n, d in distance.items()},
    "25.9a*": {f"N = {n}": share(found, sample=False) for n, found in met.items()},
    "25.10a": share(torch.cat(lowest[2]) < -1e-6, sample=False),
    "25.10b": share(torch.cat(lowest[3]) > -1e-3, sample=False),
})

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
# # Enough data leaves no bad minima, but descent still meets flat saddles
#
# ![verdict](../figures/25_saddles/verdict.svg)
#
# **Question.** Many losses of learning are said to have no local minimum but the global one. What are their other critical points, and does
# each of them show a way down to second order?
#
# **Answer.** With enough data, four shallow problems have no bad minimum that we could find. Of the balanced saddles of deep linear networks exactly
# those that have learned the strongest modes are flat. Descent from a small start passes near these; a search seldom does.
#
# ![census of critical points](../figures/25_saddles/census.svg)
#
# Each mark is a critical point of networks of two, three and four layers with one target; *greedy* are those that have learned the strongest of its
# singular values, its modes, and no other. Left of zero, descent finds a way down by curvature alone.
#
# *Source:* Kawaguchi 2016 ([arXiv:1605.07110](https://arxiv.org/abs/1605.07110)); Achour, Malgouyres and Gerchinovitz 2024
# ([arXiv:2107.13289](https://arxiv.org/abs/2107.13289)), who classify all critical points of deep linear networks; Baldi and Hornik 1989; Ge,
# Jin and Zheng 2017 ([arXiv:1704.00708](https://arxiv.org/abs/1704.00708)); Zhang and others 2018
# ([arXiv:1805.10251](https://arxiv.org/abs/1805.10251)) and 2019 ([arXiv:1901.01631](https://arxiv.org/abs/1901.01631)). Abstracts were read.
#
# Before: [24](24_index_and_energy.ipynb) · Next: [26](26_escaping_saddles.ipynb) · [symbols](../NOTATION.md)

# %% [markdown]
# ## The model in ten lines
#
# A deep linear network multiplies $N$ matrices, and its loss is $\frac12\|W_N\cdots W_1-\Phi\|_F^2$. Let the target be $\Phi=\mathrm{diag}(2,1)$: it has two
# **modes**, of strength $s_1=2$ and $s_2=1$. Here is the loss, and the smallest eigenvalue of its Hessian by finite differences:

# %%
import numpy as np

target = np.diag([2.0, 1.0])


def loss(x):
    """The loss of a network whose layers are the 2 x 2 matrices in x."""
    product = np.eye(2)
    for layer in x.reshape(-1, 2, 2):
        product = layer @ product
    return ((product - target) ** 2).sum() / 2


def smallest_eigenvalue(x, h=1e-3):
    """Of the Hessian of the loss at x."""
    e = h * np.eye(len(x))
    H = [[loss(x + a + b) - loss(x + a - b) - loss(x - a + b) + loss(x - a - b)
          for a in e] for b in e]  # fmt: skip
    return np.linalg.eigvalsh(np.array(H))[0] / (4 * h * h)


def point(learned, N):
    """N equal layers that have learned some modes, each in part, and nothing else."""
    layer = np.diag([s ** (1 / N) if s in learned else 0.0 for s in (2, 1)])
    return np.tile(layer.ravel(), N)

# %% [markdown]
# At each of these points the gradient is zero. With two layers, the smallest eigenvalues at the points that have learned nothing, only the mode of
# strength 2, and only that of strength 1:

# %%
[round(float(smallest_eigenvalue(point(learned, 2))), 2) + 0.0
 for learned in ([], [2], [1])]  # fmt: skip

# %% [markdown]
# All three are **strict** saddles: they have a negative eigenvalue. With three layers:

# %%
[round(float(smallest_eigenvalue(point(learned, 3))), 2) + 0.0
 for learned in ([], [2], [1])]  # fmt: skip

# %% [markdown]
# Two of them have become **flat**: no eigenvalue is negative, and yet none is a minimum. And these are the two that descent from a small start visits,
# since it learns the strongest mode first. Does that matter? Descent that starts at distance $\delta$ leaves a strict saddle in a time like
# $\ln(1/\delta)$, and a flat one in a power of $1/\delta$ ([notebook 26](26_escaping_saddles.ipynb)).
#
# These are the numbers of this notebook, to play with:

# %% tags=["parameters"]
seed = 0  # in [0, 4294967295]: seed of every random draw
depths = [2, 3, 4, 5]  # each in [2, 6]: depths N of the census
problems = 20  # in [1, 500]: targets of the census
modes = 4  # in [2, 6]: singular values of each target
scales = [0.02, 0.01, 0.005]  # each of 2 or more in [1e-3, 0.03]: starts of three layers in section 2; of four, 0.08 and 0.056
runs = 24  # in [4, 500]: runs from each start
regressions = 4  # in [2, 50]: regressions of each shape of network in section 3
searches = 200  # in [100, 20000]: starts of the search in each
instances = 16  # in [5, 500]: problems of each shallow kind in section 4; four times as many completions

# %% tags=["hide-input"]
from lib.suite.claims import Ledger

ledger = Ledger("25_saddles", globals())  # reads and checks the parameters

from lib import linear_networks as ln
from lib.landscapes import saddles as sd, strict_saddles as strict
from lib.statistics import largest, median, share, slope, value
from lib.suite import figures

import pandas as pd
import torch

figures.style()
rng = np.random.default_rng(seed)

# %% [markdown]
# `lib` has the exact Hessian of any number of layers, for many networks at once. At the points above, three layers:

# %%
np.allclose(
    [float(sd.lowest_curvature(sd.layers(torch.tensor(point(learned, 3)), [2] * 4),
                               torch.tensor(target))) for learned in ([], [2], [1])],
    [smallest_eigenvalue(point(learned, 3)) for learned in ([], [2], [1])],
    atol=1e-5,  # of finite differences
)  # fmt: skip

# %% [markdown]
# ## 1. A census of balanced critical points
#
# Let every layer have learned the modes of a set $I$ and nothing else: in suitable bases each layer is diagonal, with the entry $s_i^{1/N}$ for
# $i\in I$ and zero elsewhere. For $d$ modes there are $2^d-1$ such points besides the minimum. With two layers a missing mode finds an idle hidden
# unit, which $W_1$ and $W_2$ together can turn on. From three layers on that unit is of no use to second order, since the layers between are zero there
# as well. All that is left is to turn the unit of a learned mode towards a missing one, which lowers the loss only if the missing one is stronger:
#
# $$\lambda_{\min}=-\max_{i\notin I}s_i\quad(N=2),\qquad
# \lambda_{\min}=\min\Bigl(0,\min_{i\notin I,\;j\in I}s_j^{1-2/N}(s_j-s_i)\Bigr)\quad(N\ge3).$$
#
# So a saddle of three or more layers is flat exactly if it is **greedy**: if what it has learned are the strongest modes, $\emptyset$, $\{1\}$,
# $\{1,2\}$, and so on. These are $d$ sets out of $2^d-1$. Kawaguchi showed that flat saddles exist from three layers on and not with two. Achour and others
# say of every critical point, balanced or not, which kind it is.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 25.1a | At every balanced critical point the smallest eigenvalue is that of the formula | largest difference ≤ 1e-10 | eigenvalues to rounding | Ours, after Achour et al. 2024 (abstract) |
# | 25.1b | With two layers every saddle is strict, with more exactly the greedy ones are flat | share of points sorted right ≥ 1 | one on the wrong side refutes it | Achour et al. 2024 (statement, abstract) |
#
# We draw twenty targets of four modes, in random bases, and give the networks a spare hidden unit in each layer. How many of the 15 saddles of each
# target are flat?

# %%
s = sd.spaced_values(modes, problems, 0.5, 2.5, 0.1, rng)[:, None]
learned = sd.proper_subsets(modes).expand(problems, -1, -1)
greedy = sd.greedy(learned)
census = {
    depth: sd.lowest_curvature(*sd.critical_weights(s, learned, depth, modes + 1, rng))
    for depth in depths
}
{depth: sorted({*(found > -1e-8).sum(1).tolist()}) for depth, found in census.items()}

# %% [markdown]
# The saddles of one target. With two layers all lie left of zero; with more, the greedy ones lie at zero and the others away from it.

# %% tags=["hide-input"]
def marks(n, which):
    """Smallest eigenvalues and losses of some critical points of the first target."""
    height = torch.where(learned[0], 0, s[0]).square().sum(-1) / 2
    return census[n][0][which], height[which]


with figures.points(
    "census",
    {f"N = {n}": {"greedy": marks(n, greedy[0]), "other": marks(n, ~greedy[0])}
     for n in sorted({*depths})[:3]},
    "Loss against smallest eigenvalue: from N = 3 on the greedy points lie at zero.",
    filled=("greedy",), legend="lower left", xlabel="smallest eigenvalue",
    ylabel="loss at the critical point",
) as axes:  # fmt: skip
    figures.level(axes, 0, "flat", axis="x")

# %%
ledger.judge({
    "25.1a": largest([(census[n] - sd.smallest_curvature(s, learned, n)).abs()
                      for n in census], rounding=True, of=problems),
    "25.1b": share([(census[n] > -1e-8) == (greedy & (n > 2)) for n in census],
                   sample=False),
})  # fmt: skip

# %% [markdown]
# ## 2. What descent passes
#
# Descent from a small start goes from saddle to saddle, each a product that has learned the strongest modes
# ([notebook 41](41_saddle_to_saddle.ipynb)). But many factorizations have the same product, and Kawaguchi's theorem says that some of them are strict:
# those whose middle layers have full rank. If the middle layers have an entry $c$ where the balanced point has zero, then the smallest eigenvalue at the greedy point of $k$ modes is
#
# $$\lambda_{\min}=-s_{k+1}\,c^{\,N-2}.$$
#
# Which ones does descent pass? Its middle layers still have about their first size $\epsilon$, the scale of the start, in the missing modes. So the smallest eigenvalue
# should be $-s_{k+1}\epsilon^{N-2}$ up to a factor that depends on the run: descent never stands on a flat saddle, but the smaller the start, the
# flatter is what it passes.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 25.2a* | At the saddles that descent passes the smallest eigenvalue vanishes with the start as the power N − 2 of its scale | median exponent power ± 0.15 | the size of a layer has grown a little on the way | Ours |
#
# The starts are small Gaussian weights, with the same random directions at each scale, so that each run gives an exponent of its own. Where a run comes
# nearest to the saddle of $k$ modes (the least gradient among its records whose loss is within 2% of the saddle's) we compute the smallest eigenvalue.
# Medians, for each scale $\epsilon$ of the start:

# %%
strengths = [3.0, 1.8, 0.9]
kinds = {  # N: scales, modes, rate, steps x scale^(N - 2), every which is kept
    2: ([1e-6], 3, 0.06, 2000, 2),
    3: (scales, 3, 0.1, 100, 20),
    4: ([0.08, 0.056], 2, 0.05, 100, 80),
}


def passages(n):
    """The least eigenvalues that n layers pass: (scales, modes, runs)."""
    sizes, width, rate, length, every = kinds[n]
    first = ln.gaussian_weights([width] * (n + 1), runs, rng)
    return sd.passages(
        strengths[:width], first, sizes, [round(length / e ** (n - 2)) for e in sizes],
        learning_rate=rate, every=every)  # fmt: skip


passed = {n: passages(n) for n in kinds}
pd.DataFrame({
    (f"N = {n}", f"{k} modes"): {f"ε = {e:g}": round(float(row[k].nanmedian()), 4)
                                 for e, row in zip(kinds[n][0], passed[n], strict=True)}
    for n in (3, 4) for k in range(kinds[n][1])
}).T.map(lambda x: "" if x != x else x)  # fmt: skip

# %% [markdown]
# With three layers half the start gives half the eigenvalue; with four 0.7 of the start does. Medians and quartiles over the runs:

# %% tags=["hide-input"]
def law(n, k):
    """(scales, eigenvalues passed, the power through the median of the first)."""
    order = np.argsort(kinds[n][0])
    sizes, found = np.array(kinds[n][0])[order], -passed[n][order, k]
    return sizes, found, float(found[0].nanmedian()) * (sizes / sizes[0]) ** (n - 2)


with figures.curves(
    "passed", {f"N = {n}": {f"{k} modes": law(n, k) for k in range(kinds[n][1])}
               for n in (3, 4)},
    "The smallest eigenvalue that descent passes shrinks with the start: slopes 1, 2.",
    prediction="slope N − 2", band=(0.25, 0.75), sharey=False, xscale="log",
    yscale="log", xlabel=r"scale $\epsilon$ of the start",
    ylabel="minus the smallest eigenvalue",
) as axes:  # fmt: skip
    [ax.xaxis.set_minor_formatter("") for ax in axes]
    [ax.set(xticks=kinds[n][0], xticklabels=kinds[n][0])
     for n, ax in enumerate(axes, 3)]  # fmt: skip

# %%
def exponents(n, k):
    """The exponent in the scale of every run that passes the saddle of k modes."""
    return np.polyfit(np.log(kinds[n][0]), (-passed[n][:, k]).log(), 1)[0]


ledger.judge({
    "25.2a*": {f"N = {n}, {k} modes learned": median(exponents(n, k))
               for n in (3, 4) for k in range(kinds[n][1])},
}, power={f"N = {n}, {k} modes learned": sd.plateau_exponent(n)
          for n in (3, 4) for k in range(kinds[n][1])})  # fmt: skip

# %% [markdown]
# ## 3. A search without prejudice
#
# Do the balanced points tell the whole story? Here we search without a guess where critical points are: noisy data with whitened inputs, random starts
# of order one, and the Levenberg-Marquardt method, which brings the gradient to zero and does not know a minimum from a saddle. Baldi and Hornik say
# that the loss at *every* critical point of a two-layer network is one of
#
# $$\tfrac12\sum_{i\notin I}\sigma_i^2,\qquad|I|\le\text{width of the narrowest layer},$$
#
# plus a constant for the noise, with $\sigma_i$ the singular values of the regression matrix. Achour and others list the critical values at any depth;
# it is the same list. With a bottleneck of two units it has 7 values, without one 8.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 25.3a | Every loss that the search finds is on the list for the width of the narrowest layer, and where this is a bottleneck every value of the list above the least is found | largest distance, 1 for a value not found ≤ 1e-10 | of second order in a gradient of 1e-10 | Achour et al. 2024 (statement, abstract) |
# | 25.3b | With three layers the search rarely lands on a saddle as flat as those that descent passes, with no eigenvalue below −0.1 | share of saddles found ≤ 0.1 | ours; of what descent passes it is most | Ours |
#
# How many saddles are found for each shape of network, and how many of the values of its list:

# %%
found = {
    "-".join(map(str, widths)): [
        sd.network_saddles(sd.noisy_target(strengths, 4, 0.3, 60, rng)[0], widths,
                           searches, rng) for _ in range(regressions)]
    for widths in ([4, 2, 3], [4, 3, 3, 3], [4, 3, 2, 3], [4, 2, 3, 3])
}  # fmt: skip


def met(shape):
    """Which values of the list were found in one regression or another."""
    return torch.stack([one.met for one in found[shape]]).any(0)


pd.DataFrame({shape: {
    "saddles": sum(len(one.loss) for one in many),
    "values met": f"{int(met(shape).sum())} of {len(met(shape))}",
} for shape, many in found.items()})  # fmt: skip

# %% [markdown]
# The saddles of one regression with two layers. At each value of the loss that ten of them have or more: the eigenvalues than which a tenth, half and
# nine tenths of them are flatter. Dotted: the values of the list.

# %% tags=["hide-input"]
with figures.points(
    "found",
    {"": {"10%, 50%, 90%": found["4-2-3"][0].quantiles((0.1, 0.5, 0.9), 10)}},
    "Loss against smallest eigenvalue of saddles found: a few levels, away from zero.",
    legend="center left", xscale="log", xlim=(30, 1e-3), width=6.5,
    xlabel="minus the smallest eigenvalue", ylabel="loss at the critical point",
) as axes:  # fmt: skip
    [figures.level(axes, float(v), theory=False) for v in found["4-2-3"][0].levels[1:]]

# %%
deep = [one for shape in found if shape.count("-") == 3 for one in found[shape]]
ledger.judge({
    "25.3a": largest([*(one.distance for many in found.values() for one in many),
                      *(~met(shape)[1:] for shape in found if "2" in shape)],
                     rounding=True, of=4 * regressions),
    "25.3b": share(torch.cat([one.curvature for one in deep]) > -0.1,
                   groups=[k for k, x in enumerate(deep) for _ in x.loss], digits=1),
})  # fmt: skip

# %% [markdown]
# ## 4. Four shallow problems, and how much data they need
#
# Matrix sensing, completion, phase retrieval and a layer of quadratic units all have a loss of the same form, a sum of squares of quadratic forms less
# data: $f=\frac12\,\mathrm{mean}_i\,(\frac12x^\top Q_ix-b_i)^2$. The theorems say that there is no local minimum but the global one, and every other
# critical point is strict, *with high probability, if there are enough measurements*. That condition is what we test. We call a problem **clear** if 50
# descents from Gaussian starts all arrive at the global minimum, and a search from 50 others finds saddles besides $x=0$, and all of them strict.
#
# Phase retrieval asks for an unknown vector of $d=8$ numbers, from $m$ squares $(a_i^\top x)^2$. Completion asks for a symmetric 12 × 12 matrix of rank one, of which a
# share of the entries has been seen.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 25.4a | With many measurements sensing, phase retrieval and quadratic units have no bad minimum, and all saddles found are strict | share of problems that are clear ≥ 0.9 | ours; of fifty problems none may fail | Ge et al. 2017 (statement, abstract) |
# | 25.4b | Completion with nine entries of ten seen has no bad minimum, and all saddles found are strict | share of problems that are clear ≥ 0.9 | ours; as for the others | Ge et al. 2017 (statement, abstract) |

# %%
shallow = {
    name: strict.shallow_runs(
        make, 4 * instances if "90%" in name else instances, 50, rng)
    for name, make in {
        "sensing": lambda: strict.sensing_forms([1.0, 0.8], 5, 60, rng),
        "quadratic units": lambda: strict.quadratic_network_forms(
            [1.0, 0.81, 0.64, 0.49], 120, rng),
        **{f"retrieval, m = {k} d": lambda m=8 * k: strict.retrieval_forms(8, m, rng)
           for k in (60, 20, 10, 4)},
        **{f"completion, {round(100 * q)}% seen": lambda q=q:
           strict.completion_forms(12, q, rng) for q in (0.9, 0.8, 0.6)},
    }.items()
}  # fmt: skip
{name: share([one.clear for one in many]) for name, many in shallow.items()}

# %% [markdown]
# All saddles found with many measurements. The farther right, the flatter; a local minimum would stand at the right edge.

# %% tags=["hide-input"]
most = ["sensing", "quadratic units", "retrieval, m = 60 d", "completion, 90% seen"]
with figures.points(
    "shallow",
    {"": {name: (torch.cat([-one.curvature for one in shallow[name]]).clamp(min=1e-8),
                 torch.cat([one.loss for one in shallow[name]])) for name in most}},
    "Loss against smallest eigenvalue: clouds near one, completion trails off.",
    width=8, legend="center right", xscale="log", xlim=(2, 1e-3),
    ylabel="loss / loss at 0",
    xlabel="minus the smallest eigenvalue, in units of that at 0",
) as axes:  # fmt: skip
    figures.level(axes, 1, "at x = 0", axis="x", theory=False)

# %%
ledger.judge({
    "25.4a": share([one.clear for name in most[:3] for one in shallow[name]]),
    "25.4b": share([one.clear for one in shallow[most[3]]]),
})

# %% [markdown]
# ## 5. Exactly how much isometry
#
# The theorems on sensing ask that measurements keep distances: up to a common factor, $|A(M)|^2$ must lie between $1-\delta$ and $1+\delta$ times
# $|M|^2$ for matrices of low rank. How small must $\delta$ be to rule out a bad minimum? For a matrix $M$ of two rows and columns take
# $|A(M)|^2=M_{11}^2+M_{11}M_{22}+M_{22}^2+2kM_{12}^2$, and the loss $|A(xx^\top-zz^\top)|^2$ with $z=(1,0)$. Between $\frac12$ and $\frac32$ or $k$,
# whichever is larger, lie all values of $|A(M)|^2/|M|^2$, so that
#
# $$\delta=\tfrac12\quad(k\le\tfrac32),\qquad\delta=\frac{k-\frac12}{k+\frac12}\quad(k\ge\tfrac32).$$
#
# At $x=(0,\pm\frac1{\sqrt2})$ the gradient is zero and the Hessian is $\mathrm{diag}(2k-3,\,4)$: a strict saddle below $k=\frac32$, a bad local minimum
# above. So it appears as soon as $\delta$ exceeds $\frac12$, which is the sharp bound of Zhang, Sojoudi and Lavaei 2019. At $k=\frac32$, the instance of 2018, it is a flat saddle.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 25.5a | At δ = 0.524, just above 1/2, a bad minimum catches a good part of all starts | share caught ≥ 0.1 | ours; a tenth is a good part | Zhang et al. 2019 (statement, abstract) |
#
# The share of starts that are still above $f=\frac12$ after 4,000 steps, the bad minimum being at $f=\frac34$:

# %%
caught = {k: strict.caught(k, 4000, [4000], rng)[0]
          for k in (1.2, 1.4, 1.5, 1.6, 1.8, 2.0)}  # fmt: skip
pd.DataFrame({k: {"δ": round(strict.isometry_constant(k), 3),
                  "caught": round(float(found.double().mean()), 4)}
              for k, found in caught.items()}).rename_axis("k", axis=1)  # fmt: skip

# %%
ledger.judge({"25.5a": share(caught[1.6])})

# %% [markdown]
# Exactly at $k=\frac32$ the loss falls as $-3a^4$ along $b^2=\frac12-2a^2$ with $x=(a,b)$. Then $\dot a\propto a^3$, and the share still held must fall as $t^{-1/2}$:

# %%
at_steps = [4000, 8000, 16_000, 32_000, 64_000]
held = strict.caught(1.5, 16_000, at_steps, rng).double().unflatten(1, (8, -1)).mean(2)
dict(zip(at_steps, held.mean(1).numpy().round(4).tolist(), strict=True))

# %% tags=["hide-input"]
with figures.curves(
    "isometry",
    {"after 4,000 steps": {
        "caught": ([*caught], [x.double().mean() for x in caught.values()])},
     "k = 3/2": {"still held": (at_steps, held.mean(1),
                                held[0].mean() * (np.array(at_steps) / 4000) ** -0.5)}},
    "Left: the share caught turns on at k = 3/2. Right: there it falls slowly.",
    prediction="slope −1/2", sharey=False, ylabel="share of starts",
) as axes:  # fmt: skip
    figures.level(axes[0], 1.5, r"$\delta$ exceeds 1/2 from here on", axis="x")
    axes[0].set(xlabel="k", xlim=(1.15, 2.2))
    axes[1].set(xscale="log", yscale="log", xlabel="steps")
    axes[1].xaxis.set_minor_formatter("")

# %% [markdown]
# ## Reading
#
# **No bad minima is a statement about data.** With many measurements we met none. With few the guarantee is lost: at four measurements for each unknown
# more than half of the phase retrieval problems are not clear, many for a bad minimum (25.6f), and at ten still some. The theorems say "enough measurements, with high probability",
# and both halves count. For one nonlinear network a bad minimum can be computed, with the share of starts that it catches:
# [notebook 28](28_bad_minimum.ipynb).
#
# **Minima are not the whole story.** In deep linear networks the balanced saddles that have learned the strongest modes are flat, at every depth from
# three on, and descent passes near these very ones. To say how long training takes one needs to know how flat its surroundings are there, and that
# depends on the start.
#
# **A search does not see what descent sees.** The flat saddles are a thin set, and descent is led to them by its small start. Critical points found by a search
# are no picture of training.
#
# **Failing at $\delta=\frac12$ is slow, not final.** Zhang and others 2018 count 12% failures of stochastic descent at $k=\frac32$. The saddle there is no minimum: any budget of
# steps has its own number of failures.
#
# **Limits.** Section 1 counts balanced points; Achour and others have the general law. The networks are linear and their inputs whitened. Strictness in
# section 4 is what a search has met, not a proof, and the search favours points near its starts. Completion has no common gap: without the regularizer
# of Ge, Lee and Ma (2016) there are saddles that are nearly flat (25.6g).
#
# **Try.** `modes = 2`: only the two greedy points of the model are left. `scales = [0.03, 0.02]` with `runs = 4`: with large starts and few runs some
# of the exponents are reproduced only partly, or not.

# %% [markdown]
# ## 6. Checks
#
# The controls: where measurements are few, bad minima are found, and where a start is tiny, two layers pass what the census says.
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 25.6a | With middle layers of full rank, entry 0.7, the greedy points are strict, with the smallest eigenvalue −s c^(N−2) | largest relative error ≤ 1e-6 | eigenvalues to rounding, with room | Ours, after Kawaguchi 2016 (abstract) |
# | 25.6b | The largest drop of the loss within r of a flat saddle is s (r/√N)^N | largest relative error ≤ 0.01 | the next order is half a per cent | Ours |
# | 25.6c | *control:* With two layers the smallest eigenvalue at the saddles passed is −s, s the strongest missing mode | median ratio 1 ± 0.02 | a run comes within a thousandth | Ours |
# | 25.6d | Descent of three layers passes saddles with no eigenvalue below −0.1, from the least start | share of passages ≥ 0.5 | ours; most of them | Ours |
# | 25.6e | With two layers every saddle that the search finds is strict | share with an eigenvalue below −1e-6 ≥ 1 | one exception refutes it | Baldi and Hornik 1989 (statement, abstract) |
# | 25.6f | *control:* With four measurements for each unknown a search finds a bad minimum in many phase retrieval problems | share of problems with one ≥ 0.1 | ours; many are one in ten | Ours |
# | 25.6g | Completion without a regularizer has saddles that are nearly flat | the smallest eigenvalue nearest to zero / size at 0 ≥ -0.1 | ours; the other problems keep a gap | Ours |
# | 25.6h | *control:* Below δ = 1/2, where the saddle is strict (k = 1.4), hardly a start is caught | share ≤ 0.003 | only starts on the ridge are left | Ours |
# | 25.6i | At δ = 1/2 with a flat saddle (k = 3/2) the share still held falls as the power −1/2 of the steps | slope of ln share on ln steps -0.5 ± 0.1 | few are held; excludes −1/3 and −1 | Ours |
# | 25.6j | The isometry constant of the formula is the best, over random matrices and any common factor | largest difference ≤ 0.005 | ours; forty thousand matrices | Ours |

# %%
def middle(n):
    """Relative error of the eigenvalue at greedy points with the middle entry 0.7."""
    firsts = sd.proper_subsets(modes)[greedy[0]].expand(problems, -1, -1)
    at = sd.critical_weights(s, firsts, n, modes + 1, rng, middle=0.7)
    return (sd.lowest_curvature(*at) / sd.middle_curvature(s, firsts, n, 0.7) - 1).abs()


drops = np.array([
    sd.deepest_drop(s[j, 0], k, n, 0.04, 40, rng)
    / sd.largest_drop(float(s[j, 0, k]), 0.04, n) - 1
    for j in range(min(problems, 3)) for n in (2, 3, 4) for k in (0, 1)
])  # fmt: skip
largest(np.abs(drops))

# %% [markdown]
# This is the largest relative error of the drops (25.6b). All of these checks:

# %%
ledger.judge({
    "25.6a": largest([middle(n) for n in depths], rounding=True, of=problems),
    "25.6b": largest(np.abs(drops), of=min(problems, 3)),
    "25.6c": median(-passed[2][0] / torch.tensor(strengths)[:, None],
                    groups=torch.arange(runs).expand(3, -1), digits=4),
    "25.6d": share(passed[3][np.argmin(scales)] > -0.1,
                   groups=torch.arange(runs).expand(3, -1)),
    "25.6e": share([one.curvature < -1e-6 for one in found["4-2-3"]], sample=False),
    "25.6f": share([one.bad_minimum for one in shallow["retrieval, m = 4 d"]]),
    "25.6g": largest([one.curvature for one in shallow["completion, 80% seen"]],
                     of=instances, digits=2),
    "25.6h": share(caught[1.4]),
    "25.6i": slope(np.repeat(np.log(at_steps), 8), held.log().flatten(),
                   groups=np.tile(np.arange(8), len(at_steps))),
    "25.6j": largest([abs(strict.isometry_constant(k)
                          - strict.sampled_isometry(k, 40_000, rng)) for k in caught],
                     of=1),
})  # fmt: skip

# %% [markdown]
# Ge and others 2015 introduced the word *strict saddle* for orthogonal tensors: find the orthonormal components $v_k$ of
# $T=\sum_kv_k^{\otimes4}$. On the unit sphere $f(u)=-\frac14\sum_k(v_k^\top u)^4$ has a critical point wherever $u$ has equal weights on some $k$
# of the components: $\binom dk2^k$ of index $k-1$, and $3^d-1=80$ in all for $d=4$. To find all components at once, they minimise $\sum_{i\ne j}T(u_i,u_i,u_j,u_j)$ over
# unit vectors.
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 25.6k | Of an orthogonal tensor the search finds all critical points of the list and no other | number found 80 ± 0 | one more or less refutes it | Ours |
# | 25.6l | Each of them has the index k − 1 and the smallest curvature −2/k | largest error of the two ≤ 1e-6 | a root to 1e-11, times its condition | Ours |
# | 25.6m | From random vectors descent finds all components at once | share of runs at 0 ≥ 1 | one stuck refutes it | Ge et al. 2015 (statement, abstract) |

# %%
tensor = strict.tensor_census(ln.orthogonal(4, rng), 6000, rng)
ledger.judge({
    "25.6k": value(len(tensor.support)),
    "25.6l": largest(tensor.error, rounding=True, of=1),
    "25.6m": share(strict.components_found(ln.orthogonal(4, rng), 200, rng),
                   sample=False),
})

# %%
ledger.conclude()

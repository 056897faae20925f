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
# # From a small start, descent visits one saddle for each rank
#
# ![verdict](../figures/41_saddle_to_saddle/verdict.svg)
#
# **Question.** A deep linear network starts with tiny weights and is to complete a matrix, some of whose entries it sees. Which way does gradient descent take, and
# can its stops be named in advance?
#
# **Answer.** Yes, where singular values lie apart and most entries are seen: descent pauses once at each rank, at losses that a greedy algorithm names, and finds the
# unseen ones to a few per cent. Large starts do neither. On smaller, sparser matrices this often breaks.
#
# ![loss and singular values against time: a staircase](../figures/41_saddle_to_saddle/staircase.svg)
#
# Four layers complete a matrix of rank 3. Left: almost all of the time is spent waiting, at losses (dashed) that were computed without the run. Right: after each wait
# one more singular value grows.
#
# *Source:* Jacot, Ged, Şimşek, Hongler and Gabriel 2021, *Saddle-to-saddle dynamics in deep linear networks: small initialization training,
# symmetry, and sparsity* ([arXiv:2106.15933](https://arxiv.org/abs/2106.15933)). All sizes here are ours.
#
# Before: [39](39_conserved_balance.ipynb) · Next: [42](42_greedy_low_rank.ipynb) · [symbols](../NOTATION.md)

# %% [markdown]
# ## The model in ten lines
#
# Some entries of a matrix $\Phi$ are seen, and a product of three square matrices is to fit them by descent on
# $\ell=\frac12\sum_{\text{seen}}(W-\Phi)_{ij}^2$, $W=ABC$. Here $\Phi$ is $5\times5$, has singular values 2 and 0.8, and 20 of its 25 entries are seen.

# %%
import numpy as np


def example(seed=3):
    """A 5 x 5 matrix of rank 2, which entries are seen, and a start of three layers."""
    random = np.random.default_rng(seed)
    U, V = (np.linalg.qr(random.normal(size=(5, 5)))[0] for _ in "UV")
    Phi = 2 * np.outer(U[0], V[0]) + 0.8 * np.outer(U[1], V[1])
    return Phi, random.random((5, 5)) < 0.8, random.normal(size=(3, 5, 5))


Phi, known, start = example()


def path(A, B, C, steps=3000, eta=0.05):
    """W = ABC after every 200 steps of gradient descent."""
    found = []
    for t in range(steps + 1):
        W = A @ B @ C
        found += [W] if t % 200 == 0 else []
        G = known * (W - Phi)
        A, B, C = (A - eta * G @ (B @ C).T, B - eta * A.T @ G @ C.T,
                   C - eta * (A @ B).T @ G)  # fmt: skip
    return found


# %% [markdown]
# From a small start the loss falls in two steps, with a long rest before each of them:


# %%
def loss(W, entries=known):
    """Half the squared error on some entries, those that are seen."""
    return round(float(((W - Phi)[entries] ** 2).sum() / 2), 3)


[loss(W) for W in path(*(0.01 * start))]

# %% [markdown]
# What happens in such a step down? The rank of $W$ rises by one:

# %%
[int(np.linalg.matrix_rank(W, tol=0.1)) for W in path(*(0.01 * start))]

# %% [markdown]
# Where it rests can be computed without the run. At $W=0$ the gradient with respect to $W$ is $G=-\Phi$ on the seen entries. Give each layer a single
# hidden unit along the top singular pair of $-G$, and train it. It comes to rest at the loss of the plateau:


# %%
def one_unit(size=0.2):
    """Layers of one hidden unit along the top singular pair of -G at W = 0."""
    u, _, v = np.linalg.svd(known * Phi)
    return size * u[:, :1], size * np.eye(1), size * v[:1]


loss(path(*one_unit())[-1])

# %% [markdown]
# What is gained by going so slowly? The five entries that are not seen. Half the squared error on them for $W=0$, after the run from the small start, and after one
# from a large start, which fits what is seen just as well:

# %%
[loss(W, ~known) for W in (
    0 * Phi, path(*(0.01 * start))[-1], path(*(0.7 * start))[-1])]  # fmt: skip

# %% [markdown]
# The layers multiply each other: where all are small the gradient is smaller still, and a direction grows the faster the larger it already is. So the direction with
# the largest gradient runs ahead and settles while the others have hardly moved. Then $W$ has rank one and cannot be improved without a second rank: it is at a
# **saddle** of the loss. From there the next direction sets out. The claim is that descent walks **from saddle to saddle** until the target is fitted, and that the
# **greedy algorithm** names them all: at each of its points add one hidden unit along the top pair of $-G$, train to rest, repeat.
#
# In the paper all weights of a network of $N$ layers and hidden width $w$ start as $\mathcal N(0,w^{-\gamma})$, so that $\gamma$ alone sets the size of the start: the
# larger $\gamma$, the smaller the start. These are the numbers of the experiments:

# %% tags=["parameters"]
seed = 0  # in [0, 4294967295]: seed of every random draw
problems = 40  # in [10, 500]: completion problems of each kind, run at once
size = 20  # in [8, 60]: rows and columns of the target
seen = 0.8  # in [0.5, 0.95]: share of the entries that is seen
singular_values = [2.5, 1.5, 0.8]  # each of 2 or more in [0.1, 5]: of the target
width = 50  # in [16, 200]: hidden width w
gammas = [3.2, 2.5]  # each of 2 in [1, 5]: gamma of the small starts, N = 3 and 4
smallest_start = 1e-8  # in [1e-12, 1e-7]: smallest start of section 2
draws = 200  # in [20, 5000]: random starts for each width in section 3

# %% tags=["hide-input"]
from lib.suite.claims import Ledger

ledger = Ledger("41_saddle_to_saddle", globals())  # reads and checks the parameters

from lib.descent import Plain, descend
from lib.linear_networks import end_to_end
from lib.stages import low_rank as lr, staircases as sc, wide_starts as ws
from lib.statistics import largest, mean, median, share, smallest
from lib.suite import figures

import pandas as pd
import torch

figures.style()
rng = np.random.default_rng(seed)
rank = len(singular_values)
target, mask = lr.completion_problem(singular_values, size, seen, problems, rng)

# %% [markdown]
# `lib` takes the same steps, for all problems at once:

# %%
np.allclose(
    path(*(0.01 * start))[-1],
    end_to_end(descend(
        lr.completion_gradients, [torch.tensor(w)[None] for w in 0.01 * start[::-1]],
        Plain(0.05), steps=3000,
        problem=[torch.tensor(x + 0.0)[None] for x in (Phi, known)],
    ).weights)[0],
)  # fmt: skip

# %% [markdown]
# ## 1. A staircase whose steps are known in advance
#
# We take forty matrices of rank 3 with four fifths of their entries seen, and networks of three and of four layers. Most of the time nothing happens: four layers wait
# for thousands of plain steps. So we follow the **gradient flow** at its own pace. A step is so long that the norm of the gradient changes by a tenth; where plain
# descent would not be stable at this length, up to sixteen gradients make one stable step, in proportions that come from Chebyshev's polynomials (van der Houwen and
# Sommeijer 1980; `Chebyshev` in `lib`). Time is that of the flow: the sum of the lengths of all steps.
#
# A **plateau** is a deep minimum of the gradient's norm along the run. (By the loss alone the slow end of a drop would be taken for a plateau.)
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 41.1a* | From tiny starts, networks of three and of four layers pause just once at each rank between 0 and the last, in order, each time within 0.5% of the loss that the greedy algorithm names | share of problems ≥ 0.8 | 40 of 40 reach down to 0.91; a second mode that leaves early is rare | Jacot et al. 2021, conjecture (statement, abstract) |

# %%
stairs = {
    N: sc.compare_with_greedy(target, mask, N, width, gamma, rng, ranks=rank)
    for N, gamma in zip((3, 4), gammas, strict=True)
}
{f"N = {N}": share(found.stands(0.005)) for N, found in stairs.items()}

# %% [markdown]
# (The share of the problems in which all of this holds, with its interval.) For the first problem, at four layers, the loss at each pause, and what the greedy
# algorithm says:

# %%
pd.DataFrame(stairs[4].pauses(0), columns=["rank", "measured", "predicted"]).set_index(
    "rank"
).round(4)

# %% [markdown]
# How long do networks wait at the saddle of each rank, and how long does the drop from it take? In units of time, medians over the problems:

# %%
pd.DataFrame({
    f"N = {N}, from rank {k}": [
        round(float(time.nanmedian()), 1) for time in (found.wait(k), found.drop(k))]
    for N, found in stairs.items() for k in range(rank)
}, index=["wait", "drop"]).T  # fmt: skip

# %% [markdown]
# The first problem as a picture:


# %% tags=["hide-input"]
def first(walk, values, k=0):
    """Time and some values of the first problem's run, or the k-th's, to its end."""
    n = int((walk.loss[:, k] > 1e-3).sum()) + 1
    return walk.time[:n, k], values[:n, k]


with figures.curves(
    "staircase",
    {r"loss $\ell$, N = 4": {"": first(stairs[4].walk, stairs[4].walk.loss)},
     "singular values of $W$": {
        rf"$\sigma_{k + 1}$": first(stairs[4].walk, stairs[4].walk.values[..., k])
        for k in range(min(rank + 1, size))}},
    "Loss and singular values against time: waits, sudden drops, a rank each.",
    sharey=False, xlabel="time", legend="lower left",
) as axes:  # fmt: skip
    axes[0].set(yscale="log", ylim=(1e-2, None))
    [figures.level(axes[0], float(level), "greedy algorithm")
     for level in stairs[4].greedy.losses[:rank, 0]]  # fmt: skip

# %%
ledger.judge({
    "41.1a*": {f"N = {N}": share(found.stands(0.005)) for N, found in stairs.items()},
})  # fmt: skip

# %% [markdown]
# ## 2. How a saddle is left
#
# The losses alone do not tell whether descent leaves a saddle as the greedy algorithm does: given a wrong pair, the algorithm's training would often repair it. So
# look at the **direction**. When a tenth of the next drop is done, subtract the greedy algorithm's saddle from $W$. What remains is the new mode, and a response of
# the old modes, which must balance what the new mode changes in the seen entries. This response stays in the row and column spaces of the saddle; off them only the
# new mode is left. It should be $uv^\top$, the top singular pair of $-G$ *at the saddle*. Its cosine with any other pair would be zero.
#
# And **how long** does it take? Along $uv^\top$ each layer has rank one, and its singular value grows as $\dot a=s_1a^{N-1}$, with $s_1$ the top singular value of
# $-G$. So a start whose layers have norm $\epsilon$ has left the origin after about
#
# $$\frac{\log(1/\epsilon)}{s_1}\ \ (N=2),\qquad\frac{\epsilon^{-(N-2)}}{(N-2)\,s_1}\ \ (N>2).$$
#
# Two layers grow exponentially; deeper networks grow so slowly at first that almost all of the time goes by before anything is seen.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 41.2a* | On leaving a later saddle, what is new in W points along the top pair of −G at the greedy algorithm's saddle | median cosine ≥ 0.98 | the start is small, not infinitely so; another pair would read 0 | Jacot et al. 2021, conjecture (statement, recalled) |
# | 41.2e | From starts along (u, v), two, three and four layers leave the origin at the time promised, over four decades of the start or more | largest relative difference ≤ 0.05 | steps of 2% make it 1 to 3% slow; a factor N − 2 would be 2 at N = 4 | Ours, after Jacot et al. 2021 (recalled) |
#
# Median cosines at the later saddles:

# %%
cosines = {
    f"N = {N}, leaving rank {k}": found.cosine(k)
    for N, found in stairs.items() for k in range(1, rank)
}  # fmt: skip
{name: round(float(found.nanmedian()), 3) for name, found in cosines.items()}

# %% [markdown]
# Now the times until the loss has fallen by 5%, from starts along $(u,v)$ and from one random start that is shrunk again and again. Medians at the smallest start,
# divided by the time promised along $(u,v)$:

# %%
exits = {
    N: sc.origin_exits(target, mask, N, top * np.logspace(0, -span, 3), rng)
    for N, top, span in (
        (2, 1e-4, 5), (3, 1e4 * smallest_start, 4), (4, 1e4 * smallest_start, 4))
}  # fmt: skip
pd.DataFrame({
    f"N = {N}": [float((time[-1] / found.promised[-1]).median())
                 for time in (found.fastest, found.time)] for N, found in exits.items()
}, index=["along (u, v)", "random start"]).T.round(3)  # fmt: skip

# %% [markdown]
# A random start leaves sooner: there $\epsilon$ is the scale of each entry, so that its layers are larger. As it shrinks, its time grows in the same proportion (left:
# lines are random starts, dashed the promise along $(u,v)$). Right: the distance of the cosine from one in all problems, sorted; the medians are claimed to lie below
# the dotted line. At $N=3$, where the start is smaller, the direction is closer.


# %% tags=["hide-input"]
def ordered(y):
    """Shares of the problems, and the values in rising order; no undefined ones."""
    y = y[~y.isnan()].sort().values
    return (np.arange(len(y)) + 0.5) / len(y), y


with figures.curves(
    "leaving", {"leaving the origin": {
        f"N = {N}": (e.sizes[::-1], *(
            y.median(1).values.flip(0) for y in (e.time, e.promised)))
        for N, e in exits.items()
    }, "leaving later saddles": {
        name.replace("leaving ", ""): ordered(1 - y) for name, y in cosines.items()}},
    "Escape times follow the powers 0, 1 and 2 of the start; cosines are near one.",
    prediction="along $(u,v)$, promised", sharey=False, yscale="log",
    legend="upper right",
) as axes:  # fmt: skip
    axes[0].set(xscale="log", xlabel=r"size $\epsilon$ of the start", ylabel="time")
    axes[1].set(xlabel="share of the problems, sorted", ylabel="1 - cosine")
    figures.level(axes[1], 0.02, theory=False)

# %%
ledger.judge({
    "41.2a*": {name: median(found) for name, found in cosines.items()},
    "41.2e": largest([(e.fastest / e.promised - 1).abs() for e in exits.values()],
                     of=problems, digits=1),
})  # fmt: skip

# %% [markdown]
# ## 3. Is a start near a saddle or near a minimum?
#
# How far a start is from a saddle and how far from a minimum depends on $\gamma$ and on the width. Here we take $N=3$, a $4\times4$ target and every entry seen. The
# distance to the saddle $W_1=W_N=0$ is just the norm of two Gaussian layers, $\sim w^{(1-\gamma)/2}$. The distance to a minimum is, for $\gamma<1$, the length of the
# shortest step that solves the linearized problem; since all $N$ layers share the work, its limit is $\Vert\Phi\Vert(Nw^{(1-\gamma)(N-1)})^{-1/2}$. Such a wide start
# lies next to a minimum, and descent is called **lazy**. No network of width a million need be drawn for that: only products of size $4\times4$ matter, and their
# joint distribution is known exactly (Bartlett's decomposition, `network_grams`).
#
# For $\gamma>1$ a start lies next to the saddle at the origin. Linearizing is wrong there, so we train networks. They start close to the origin, and the minimum
# nearest to the origin is the balanced one, at the distance $(N\sum_ks_k^{2/N})^{1/2}$, $s_k$ being the singular values of $\Phi$. What is still missing from this
# distance at width $w$ should vanish like the start itself, as $w^{-1/2}$ at $\gamma=2$; so we extrapolate linearly in $w^{-1/2}$.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 41.3a | At γ = 0.8 and width 10⁶ a start is as close to a minimum as the limit says, at the norm of Φ over (N w^((1−γ)(N−1)))^(1/2) | mean of distance / limit 1 ± 0.02 | W at the start adds half a per cent; one layer in place of N would read √3 | Ours, after Jacot et al. 2021 (abstract) |
# | 41.3b | At γ = 2 and infinite width descent ends as far from its start as the nearest minimum is from the origin, (N Σ s^(2/N))^(1/2) | mean of distance / that of the formula 1 ± 0.02 | a line in the root of 1/w, from widths 50 to 200 | Ours, after Jacot et al. 2021 (abstract) |

# %%
widths, narrow = np.logspace(2, 6, 9).astype(int), np.array([25, 50, 100, 200])
small, _ = lr.completion_problem([2.5, 1.5, 0.8], 4, 1.0, 5, rng)
far = {
    g: torch.stack([torch.stack(ws.start_distances(
        small[0], w, g, depth=3, draws=draws, rng=rng)) for w in widths])
    for g in (0.8, 1.0, 2.0)
}  # fmt: skip
trained = {
    g: torch.stack([ws.trained_distance(small, w, g, depth=3, rng=rng) for w in narrow])
    for g in (0.8, 2.0)
}
nearest = ws.minimum_norm([2.5, 1.5, 0.8], 3)
pd.Series((trained[2.0].mean(1) / nearest).numpy(), narrow).round(3).to_frame().T

# %% [markdown]
# (Widths, and the distances that trained networks at $\gamma=2$ have gone, in units of the limit.) Left, the distance of the start to the saddle: at $\gamma=0.8$ it
# grows with the width, at $\gamma=2$ it vanishes. Right, the distance to a minimum: at $\gamma=0.8$ it vanishes, at $\gamma=2$ it tends to a constant; markers without
# a line are trained networks.


# %% tags=["hide-input"]
def with_power(g, which):
    """Widths, mean distances, a line of the predicted power through the last one."""
    y, power = far[g][:, which].mean(1), (1 - g) * (0.5 - 1.5 * which)
    return widths, y, float(y[-1]) * (widths / widths[-1]) ** power


with figures.curves(
    "distances",
    {"to the saddle $W_1=W_N=0$": {rf"$\gamma$ = {g:g}": with_power(g, 0) for g in far},
     "to a minimum": {rf"$\gamma$ = {g:g}": with_power(g, 1) for g in (0.8, 1.0)}},
    "Distances of the start against width: saddle and minimum swap roles.",
    prediction="power predicted", xscale="log", yscale="log", xlabel="width w",
    ylabel="distance of the start", legend="lower left",
) as axes:  # fmt: skip
    [figures.measured(axes[1], narrow, y.mean(1), rf"$\gamma$ = {g:g}", joined=False)
     .set_label("_") for g, y in trained.items()]  # fmt: skip
    figures.level(axes[1], nearest, r"$(N\sum s^{2/N})^{1/2}$", ls="-.")

# %%
ledger.judge({
    "41.3a": mean(
        far[0.8][-1, 1] * (3 * widths[-1] ** 0.4) ** 0.5 / small[0].norm()),
    "41.3b": mean(np.polyfit(narrow[1:] ** -0.5, trained[2.0][1:], 1)[1] / nearest),
})  # fmt: skip

# %% [markdown]
# ## 4. What the slow walk finds, and where it breaks
#
# Why care about the slow walk? Because of what it finds. We run the same problems from starts of all sizes, up to the lazy regime, and ask for the entries that were
# **not** seen. A matrix of rank 3 is fixed by far fewer entries than are seen here; a matrix of full rank only by all of them. $W=0$ has the relative error 1.
#
# And when does the staircase break? We recall $10\times10$ matrices of rank 3 with 60 entries seen from the paper's first figure. There random spectra can bring
# singular values close together, so that two modes leave together; and few seen entries make the problem ill-conditioned. One picture that works proves little, so we
# take forty such matrices.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 41.4a* | From the small starts of 41.1a the entries not seen are found | median relative error on them ≤ 0.1 | runs end at a loss of 1e-3, which leaves some hundredths | Ours, after Jacot et al. 2021 (abstract) |
# | 41.4c | *control:* From starts at γ = 1 and 0.8 the entries not seen are not found in any problem | smallest relative error on them ≥ 0.3 | nothing singles out the right completion | Ours, after Jacot et al. 2021 (recalled) |
# | 41.4d | *control:* On 10 × 10 matrices of random spectrum, 60% seen, the staircase of three layers does not stand in all problems | share of problems where the greedy algorithm settles ≤ 0.85 | below all that 41.1a leaves open | Ours |

# %%
others = {
    (N, g): sc.walk(target, mask, N, width, g, rng, every=2).at_end()
    for N, g in ((3, 2.0), (3, 1.5), (3, 1.0), (3, 0.8), (4, 1.0), (4, 0.8))
}
unseen = {key: walk.unseen(target, mask) for key, walk in others.items()} | {
    (N, g): found.unseen() for g, (N, found) in zip(gammas, stairs.items(), strict=True)
}  # fmt: skip
pd.DataFrame({
    f"N = {N}": {f"γ = {key[1]:g}": float(error.median())
                 for key, error in sorted(unseen.items()) if key[0] == N}
    for N in (3, 4)
}).sort_index(ascending=False).round(2).astype(object).fillna("").T  # fmt: skip

# %% [markdown]
# (Median errors on the entries not seen.) Left: at $\gamma=1$ the first problem has four singular values, more than its target, from beginning to end, and none waits
# for another. Right: the errors, median and the middle 80% of the problems. At the left end they are worse than those of $W=0$.


# %% tags=["hide-input"]
def by_gamma(N):
    """Rising gammas of the starts at N layers, and the errors on entries not seen."""
    rising = sorted(g for depth, g in unseen if depth == N)
    return rising, torch.stack([unseen[N, g] for g in rising])


with figures.curves(
    "large_starts",
    {r"N = 3, $\gamma$ = 1": {
        rf"$\sigma_{k + 1}$": first(others[3, 1.0], others[3, 1.0].values[..., k])
        for k in range(4)},
     "what was not seen": {f"N = {N}": by_gamma(N) for N in (3, 4)}},
    "Full rank all along at gamma 1; unseen error falls with gamma.",
    band=(0.1, 0.9), sharey=False, legend="upper right",
) as axes:  # fmt: skip
    axes[0].set(xlabel="time", ylabel="singular values of $W$")
    axes[1].set(xlabel=r"$\gamma$: large starts left, small right", yscale="log")
    axes[1].set(ylabel="relative error")
    figures.level(axes[1], 1, "$W=0$")

# %% [markdown]
# Now the small matrices. In which share of them does the greedy algorithm settle at ranks 1 and 2, so that there is something to compare with? And in which share
# of these does the staircase stand?

# %%
hard = sc.compare_with_greedy(
    *lr.gaussian_problem(3, 3.0, 10, 0.6, problems, rng), 3, width, gammas[0], rng,
    ranks=3,
)  # fmt: skip
{"settles": share(hard.greedy.settled[1:3].all(0)), "stands": share(hard.stands(0.005))}

# %% [markdown]
# Left: the first problem in which it breaks. Right: the relative distance of the worst plateau from the greedy loss, in all problems of both kinds in which there is
# something to compare (10 stands for 10 and more); dotted, half a per cent.

# %% tags=["hide-input"]
with figures.curves(
    "breaking",
    {"10 x 10, 60% seen, N = 3": {
        "": first(hard.walk, hard.walk.loss, hard.first_broken(0.005))},
     "all problems": {
        f"{size} x {size}, {seen:.0%} seen": ordered(stairs[3].deviation()),
        "10 x 10, 60% seen": ordered(hard.deviation().clamp(max=10))}},
    "A staircase that breaks; the deviations of all problems, of both kinds.",
    sharey=False, yscale="log", legend="lower left",
) as axes:  # fmt: skip
    [figures.level(axes[0], float(level), "greedy algorithm")
     for level in hard.greedy.losses[:3, hard.first_broken(0.005)]]  # fmt: skip
    axes[0].set(xlabel="time", ylabel=r"loss $\ell$", ylim=(1e-3, None))
    axes[1].set(xlabel="share of the problems, sorted")
    axes[1].set(ylabel="distance from the greedy loss")
    figures.level(axes[1], 0.005, theory=False)

# %%
ledger.judge({
    "41.4a*": {
        f"N = {N}": median(unseen[N, g]) for N, g in zip(stairs, gammas, strict=True)},
    "41.4c": smallest([unseen[N, g] for N in (3, 4) for g in (1.0, 0.8)], of=problems),
    "41.4d": share(hard.stands(0.005)),
})  # fmt: skip

# %% [markdown]
# ## Reading
#
# **The staircase is there, and predictable.** With singular values apart and enough entries seen, each of the forty problems shows one plateau at each rank and no
# more; with other seeds a second mode leaves, rarely, before the first has settled. Near a saddle the loss is flat, so that even a run that passes at some distance
# shows its value well: to one part in ten thousand (41.5a), where the direction in which it is left is off by up to a tenth of a radian.
#
# **The loss is not enough.** A greedy algorithm that took the second pair would still name most of the losses, since training repairs its choice. Only the directions
# of section 2 tell the two apart.
#
# **The wait is the price of depth.** At $N=2$ a start ten thousand times smaller adds a constant to the wait; at $N=4$ the wait is $10^8$ times as long. These are the
# laws of a homogeneous flow, exact as $\epsilon\to0$. What is tested is that the loss really is homogeneous there and that a random start falls into the fastest
# direction. The direction is a limit too, and a slow one where the gap is small: with $s_2/s_1=0.81$ a start of $10^{-8}$ can leave the origin at a cosine of 0.95.
#
# **Where it stops holding.** In the setting that we recall from the paper's first figure about half of the staircases break (41.4d). Two reasons are likely, though no
# row separates them: nearly equal singular values leave together, and with few entries the problem of rank $k$ is ill-conditioned, sometimes so much that the greedy
# algorithm itself does not come to rest. Nothing in the theorem is contradicted, for it takes the start to zero first; at a start of finite size the staircase needs a
# gap.
#
# **Disagreements.** None with what we know of the paper, of which we read the abstract. Sizes, $\gamma$ and width (50, at a quarter of the cost of 100) are ours. In
# section 3 the distance to the saddle is that to one saddle, an upper bound for the nearest, and at $\gamma=2$ the minimum is the one that descent found: its distance
# agrees with that of the minimum nearest to the origin.
#
# **Limits.** The flow is followed to first order: waits come out some per cent long, and nothing is said of large steps ([notebook 43](43_stagewise_networks.ipynb) is
# about those). That small starts recover the entries not seen is no theorem; here the target has low rank and four fifths of its entries are seen ([notebook
# 42](42_greedy_low_rank.ipynb) asks when it holds).
#
# **Try.** `gammas = [1.5, 1.5]`: the plateaus fade, and 41.1a and b and 41.2a to d fail. `singular_values = [2.5, 2.4, 0.8]`: two modes leave together with three
# layers, and 41.1a fails; with four most staircases still stand. `seen = 0.5`: they stand as before, but half of the entries do not fix the matrix, so that 41.4a and
# 41.4b fail.

# %% [markdown]
# ## 5. Checks
#
# How exactly the claims hold, the exponents of sections 2 and 3, and what large starts do not do.
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 41.5a* | The loss at the worst plateau of a run is close to the one that the greedy algorithm names | median relative distance ≤ 0.001 | the loss is flat at a saddle: second order in the distance | Jacot et al. 2021, conjecture (statement, abstract) |
# | 41.5c | In the problems of 41.1a the greedy algorithm comes to rest at every rank | share of problems ≥ 1 | one that does not could not be compared | Ours |
# | 41.5d | With two layers a random start leaves the origin after log(1/ε)/s₁ and a constant | mean of s₁ × time per unit of log(1/ε) 1 ± 0.03 | steps of 2% make it 1% slow | Jacot et al. 2021, escape paths (statement, recalled) |
# | 41.5e | With three layers its time grows as 1/ε | mean power 1 ± 0.02 | exact as ε → 0 | Jacot et al. 2021, escape paths (statement, recalled) |
# | 41.5f | With four layers its time grows as 1/ε² | mean power 2 ± 0.02 | exact as ε → 0 | Jacot et al. 2021, escape paths (statement, recalled) |
# | 41.5g | From the smallest start, with two, three and four layers, W leaves the origin along the top pair of −G | median cosine ≥ 0.99 | a limit, slow where s₂ is close to s₁ | Jacot et al. 2021, theorem on the first path (statement, recalled) |
# | 41.5h | From the smallest start this cosine is 0.99 or more in most problems | share ≥ 0.8 | not in every problem: gaps of 0.8 and more occur | Jacot et al. 2021, theorem on the first path (statement, recalled) |
# | 41.5i | *identity:* At γ = 0.8 the distance to the saddle grows with the width to the power 0.1 | mean exponent 0.1 ± 0.01 | the norm of two Gaussian layers | Jacot et al. 2021, phase transition (statement, recalled) |
# | 41.5j | *identity:* At γ = 2 the distance to the saddle falls with the root of the width | mean exponent −1/2 ± 0.01 | the norm of two Gaussian layers | Jacot et al. 2021, phase transition (statement, recalled) |
# | 41.5k | At γ = 0.8 the distance to a minimum falls with the width to the power 0.2 | mean exponent −0.2 ± 0.02 | widths from 3,000; W at the start still shows | Jacot et al. 2021, phase transition (statement, recalled) |
# | 41.5l | At γ = 1 the distance to a minimum does not depend on the width | mean exponent 0 ± 0.02 | widths from 3,000 as above | Jacot et al. 2021, phase transition (statement, recalled) |
# | 41.5m | At three layers the error on entries not seen falls with every larger γ | share of neighbours in order ≥ 0.75 | halfway between chance and certainty; at small starts the end of the run decides | Ours, after Jacot et al. 2021 (abstract) |
# | 41.5n | *control:* At γ = 1 and 0.8 three and four layers show no plateau | share of runs with one ≤ 0.1 | none of 40 problems has an interval up to 0.088 | Ours, after Jacot et al. 2021 (abstract) |
# | 41.5o | *control:* At γ = 1 and 0.8, when the loss has halved, W has more singular values than the target | smallest σ after the target's last over the first ≥ 0.1 | full rank all along; the target's is 0 | Ours, after Jacot et al. 2021 (recalled) |


# %%
ledger.judge({
    "41.5a*": {f"N = {N}": median(s.deviation(), digits=2) for N, s in stairs.items()},
    "41.5c": share([s.greedy.settled.all(0) for s in stairs.values()], sample=False),
})  # fmt: skip

# %% [markdown]
# The laws of section 2:


# %%
def power(x, y):
    """The least-squares power of each draw, of y (points, draws) in x."""
    return np.polyfit(np.log(x), np.log(y), 1)[0]


ledger.judge({
    "41.5d": mean(lr.escape(-mask * target)[0] * np.polyfit(
        -np.log(exits[2].sizes), exits[2].time, 1)[0]),
    "41.5e": mean(-power(exits[3].sizes, exits[3].time)),
    "41.5f": mean(-power(exits[4].sizes, exits[4].time)),
    "41.5g": median(
        [e.cosine[-1] for e in exits.values()], groups=[*range(problems)] * 3),
    "41.5h": share(
        [e.cosine[-1] >= 0.99 for e in exits.values()], groups=[*range(problems)] * 3),
})  # fmt: skip

# %% [markdown]
# Those of section 3, at widths from 3,000 upward, and the large starts of section 4:

# %%
lazy = [others[N, g] for N in (3, 4) for g in (1.0, 0.8)]
ledger.judge({
    "41.5i": mean(power(widths[3:], far[0.8][3:, 0])),
    "41.5j": mean(power(widths[3:], far[2.0][3:, 0])),
    "41.5k": mean(power(widths[3:], far[0.8][3:, 1])),
    "41.5l": mean(power(widths[3:], far[1.0][3:, 1])),
    "41.5m": share(by_gamma(3)[1].diff(dim=0) < 0,
                   groups=[*range(problems)] * (len(by_gamma(3)[0]) - 1)),
    "41.5n": share([[len(found) > 0 for found in walk.found] for walk in lazy],
                   groups=[*range(problems)] * len(lazy)),
    "41.5o": smallest([walk.shape_at_half(rank + 1) for walk in lazy], of=problems),
})  # fmt: skip

# %%
ledger.conclude()

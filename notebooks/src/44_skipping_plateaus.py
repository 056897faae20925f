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
# # Jumping over plateaus makes training time independent of the start's scale
#
# ![verdict](../figures/44_skipping_plateaus/verdict.svg)
#
# **Question.** A start of small scale $\epsilon$ leads to sparse solutions, and to waits at saddles that grow as $\log(1/\epsilon)$. While a network waits, its
# units grow along directions known beforehand ([notebook 43](43_stagewise_networks.ipynb)): can a jump replace the wait and keep the solution?
#
# **Answer.** In linear networks, if it carries *every* growing direction by its own power. Smaller starts cost no more steps, and all 200
# problems with hidden entries end within a tenth of descent's matrix. Jumps along the fastest direction alone miss one in five.
#
# ![steps against start scale](../figures/44_skipping_plateaus/steps.svg)
#
# Steps until the loss is a millionth of its start. Plain descent pays for every decade of the start's scale $\epsilon$, at a price that is known
# beforehand (dashed). With jumps a smaller scale costs next to nothing, whether they have a fixed length or are found by line search.
#
# *Source:* Arata, *Stage-wise learning of nonlinear neural networks caused by anisotropic inputs*, summary of a master's thesis at
# the University of Tokyo (in Japanese), section 4 and figure 2. Close kin: *Alternating Gradient Flows*, Kunin et al. 2025
# ([arXiv:2506.06489](https://arxiv.org/abs/2506.06489)).
#
# Before: [43](43_stagewise_networks.ipynb) · Next: [45](45_discrete_stages.ipynb) · [symbols](../NOTATION.md)

# %% [markdown]
# ## The model in ten lines
#
# We take a linear network of two layers, $A$ and $B$, whose product $BA$ should become a given matrix. A **unit** is a row of $A$ together with
# the column of $B$ that it feeds. All that moves the units is the matrix $M$, what is still missing from the product.

# %%
import numpy as np

target = np.diag([3.0, 1.0])


def step(A, B, eta=0.02):
    """One step of gradient descent on |BA - target|²/2."""
    M = target - B @ A
    return A + eta * B.T @ M, B + eta * M @ A.T


def jump(A, B, eta=0.02, length=0.3):
    """What many steps would do if M stood still, until a direction arrives."""
    b, s, a = np.linalg.svd(target - B @ A)
    c = (A @ a.T + B.T @ b) / 2**0.5  # the part of each unit along each direction
    size = np.linalg.norm(c, axis=0)
    waiting = size < length
    T = min(np.log(length / size[waiting]) / np.log(1 + eta * s[waiting]))
    c = c * waiting * ((1 + eta * s) ** T - 1) / 2**0.5
    return A + c @ a, B + b @ c.T

# %% [markdown]
# While the product is tiny, $M$ stands still, and a step multiplies the units' parts along its $k$-th pair of singular vectors by $1+\eta s_k$. So
# $T$ steps multiply them by $(1+\eta s_k)^T$: no need to take them one by one. A small start:

# %%
def small_start(scale):
    """Two layers with four units between them."""
    A, B = scale * np.random.default_rng(1).normal(size=(2, 4, 2))
    return A, B.T

# %% [markdown]
# `walk` counts steps and jumps until the loss is $10^{-6}$; it jumps wherever a step would lower the loss by less than a ten thousandth.

# %%
def walk(A, B, jumping):
    """Steps and jumps until the loss is 1e-6."""
    for t in range(10_000):
        loss = np.sum((B @ A - target) ** 2) / 2
        if loss < 1e-6:
            return t
        new = step(A, B)
        moved = np.sum((new[0] - A) ** 2) + np.sum((new[1] - B) ** 2)
        A, B = jump(A, B) if jumping and moved / 0.02 < 1e-4 * loss else new

# %% [markdown]
# From $\epsilon=10^{-2}$, $10^{-4}$, $10^{-6}$, $10^{-8}$ and $10^{-12}$, plain descent:

# %%
[walk(*small_start(scale), jumping=False) for scale in (1e-2, 1e-4, 1e-6, 1e-8, 1e-12)]

# %% [markdown]
# And with jumps:

# %%
[walk(*small_start(scale), jumping=True) for scale in (1e-2, 1e-4, 1e-6, 1e-8, 1e-12)]

# %% [markdown]
# The waits are gone. The rest of this notebook asks whether that is so in larger networks, whether the jump leads where descent would have gone,
# and what a shorter recipe would lose. Its parameters:

# %% tags=["parameters"]
seed = 0  # in [0, 4294967295]: seed of every random draw
seeds = 40  # in [4, 500]: problems with their starts, for each teacher
strong_teacher = [3, 1.5, 0.75]  # each of 3 in [0.01, 10]: singular values of the first teacher
weak_teacher = [2, 0.5, 0.1]  # each of 3 in [0.01, 10]: of the second: slower modes, longer waits
input_variances = [2, 0.5]  # each of 2 in [0.05, 10]: largest and smallest eigenvalue of Cxx
widths = [10, 50, 6]  # each of 3 in [3, 200]: inputs, units, outputs
learning_rate = 0.02  # in [0.001, 0.05]: eta
start_scales = [1e-2, 1e-4, 1e-6, 1e-8, 1e-12]  # each of 2 or more in [1e-13, 0.1]: epsilon
jump_length = 0.3  # in [0.05, 1]: length of the units' parts after a jump of fixed length
hidden_problems = 200  # in [4, 2000]: matrices with unseen entries, section 3
seen_share = 0.6  # in [0.3, 1]: share of their entries that is seen

# %% tags=["hide-input"]
from lib.suite.claims import Ledger

ledger = Ledger("44_skipping_plateaus", globals())  # reads and checks the parameters

from lib import linear_networks as ln
from lib.stages import low_rank as lr, stagewise as sw, two_layer as tl
from lib.statistics import largest, mean, median, ratio, share
from lib.suite import figures

from functools import partial

import pandas as pd
import torch

figures.style()
rng = np.random.default_rng(seed)

# %% [markdown]
# `lib` makes the same jump, for any loss that is quadratic in the product and for many networks at once:

# %%
np.allclose(
    jump(*small_start(1e-8))[1],
    sw.fast_forward(
        [torch.from_numpy(w)[None] for w in small_start(1e-8)],
        lambda product, wanted: product - wanted,
        (torch.from_numpy(target)[None],),
        learning_rate=0.02,
        size=0.3,
    )[1],
)

# %% [markdown]
# ## 1. Flat against rising
#
# The summary says that plateaus can be ended in a constant number of steps, shows one curve, and does not spell out the algorithm. **Ours** is the
# simplest that fits its words:
#
# 1. *Plateau:* a step would lower the loss by a share of less than $10^{-4}$, $\eta\|\nabla\|^2<10^{-4}\,\ell$.
# 2. *Directions:* the singular triples $(s_k,a_k,b_k)$ of $M=-\partial\ell/\partial W$, $W=W_2W_1$. The part of unit $i$ along the $k$-th is
#    $c_{ik}=\langle w_i,(a_k,b_k)/\sqrt2\rangle$.
# 3. *Used directions:* what lies in the directions that the network uses already is taken out of $c$.
# 4. *Jump:* every $c_{ik}$ grows by $(1+\eta s_k)^T$, until the first $c_k$ has its length: a **fixed length**, or, by **line search**, the length
#    $\sqrt{2x}$ at which the loss is least along $W+x\,b_ka_k^\top$.
# 5. *Descend on.* A jump counts as a step.
#
# That the next direction wins a race between growing components, and that descent then takes over, is also how Alternating Gradient Flows describe
# the limit of small starts; there it is theory, here an algorithm.
#
# Two-layer linear networks learn $Y=TX$ from inputs of unequal variance, loss $\|W_2W_1X-TX\|_F^2/(2n)$, until the loss is $10^{-6}$ of its
# start: a strong teacher, and one with weak modes that take long.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 44.1a | Jumps pay nothing for a smaller start: between the two least start scales, steps rise by at most a twentieth of what plain descent pays | mean of rise with jumps / rise of plain descent ≤ 0.05 | arrival is looked for every ten steps, a fiftieth of plain descent's rise | Arata, section 4 (statement, read) |
# | 44.1b* | At the least start scale jumps of fixed length save half of the steps or more | mean of plain descent's steps / steps with jumps ≥ 2 | ours; half is worth the trouble | Arata, section 4 and figure 2 (statement, read) |
#
# Problems and starts:

# %%
scales = sorted(start_scales, reverse=True)
make = partial(tl.teacher_problem, outputs=widths[2], samples=100,
               variances=np.linspace(*input_variances, widths[0]))  # fmt: skip
problems = {
    name: tl.moments(*make(seeds, rng, singular_values=values))
    for name, values in {"strong": strong_teacher, "weak": weak_teacher}.items()
}
start = ln.gaussian_weights(widths, seeds, rng)
[float(torch.linalg.svdvals(cyx)[:, k].mean().round(decimals=2))
 for _, cyx, _ in problems.values() for k in range(3)]  # fmt: skip

# %% [markdown]
# These are the mean singular values of $C_{yx}$, of the strong teacher and of the weak. The ways to travel follow; "one direction" is the shorter
# recipe, in which the top pair alone grows, to the same length:

# %%
def ways(rate):
    """Plain descent; jumps of all directions or one, to a length or by search."""
    every = partial(sw.fast_forward, learning_rate=rate)
    fixed = {"size": jump_length}
    return {
        "plain descent": {},
        "all directions": {"skip": partial(every, **fixed)},
        "all, line search": {"skip": every},
        "one direction": {"skip": partial(sw.jump, **fixed)},
        "one, line search": {"skip": sw.jump},
    }


[*ways(learning_rate)]

# %% [markdown]
# A run takes all start scales side by side:

# %%
def travel(name, how, scales):
    """A teacher's problems from some start scales, scale by scale."""
    begin, given = tl.scaled_runs(start, problems[name], scales)
    return sw.staged_descent(
        begin, given, sw.REGRESSION, final_loss=1e-6 * given[2], steps=30_000,
        learning_rate=learning_rate, check_every=10, jumps=sw.Jumps(**how),
    )  # fmt: skip

# %%
def steps(run):
    """Steps to the final loss, (scales, seeds); undefined where not reached."""
    return run.steps.double().where(run.steps >= 0, torch.nan).reshape(-1, seeds)


# %% [markdown]
# Mean steps from every start scale:

# %%
runs = {(name, way): travel(name, how, scales)
        for name in problems for way, how in ways(learning_rate).items()}  # fmt: skip
pd.DataFrame({key: steps(run).mean(1).numpy() for key, run in runs.items()},
             index=[f"{scale:g}" for scale in scales]).T.round()  # fmt: skip

# %% [markdown]
# Between the scales where everything is a plateau and those where nothing is, jumps of all directions need a few steps more than from the smallest: two
# directions arrive almost together, and the second has no plateau of its own left to be jumped.
#
# Jumps per run, in the mean, from the smallest start scale:

# %%
{key: float(run.jumps[-seeds:].double().mean())
 for key, run in runs.items() if run.jumps.any()}  # fmt: skip

# %% [markdown]
# What plain descent should pay is known from the saddles' speeds ([notebook 43](43_stagewise_networks.ipynb), section 2).

# %% tags=["hide-input"]
price = {
    name: sw.steps_per_log_scale(cxx, cyx, learning_rate, 3).sum(-1) * np.log(10)
    for name, (cxx, cyx, _) in problems.items()
}
{name: round(float(steps_a_decade.mean())) for name, steps_a_decade in price.items()}

# %%
def shown(name):
    """The curves of one teacher, and plain descent's at the predicted price."""
    decades = -np.log10(scales)
    found = {way: [decades, steps(runs[name, way]).mean(1)] for way in [*ways(1)][:3]}
    line = float(price[name].mean()) * (decades - decades[-1])
    found["plain descent"].append(float(found["plain descent"][1][-1]) + line)
    return found


with figures.curves(
    "steps", {f"{name} teacher": shown(name) for name in problems},
    "Steps against the start scale: flat with jumps, rising with plain descent.",
    prediction="at the predicted price", sharey=False, ylim=(0, None), height=4,
    xlabel=r"$\log_{10}(1/\epsilon)$", ylabel=f"steps, mean of {seeds} networks",
):  # fmt: skip
    pass

# %% [markdown]
# What the last decades of the start scale cost, as a share of what they cost plain descent:

# %%
def rise(run, name):
    """What the last start scale costs more than the one before, over plain's."""
    plain = steps(runs[name, "plain descent"])
    return (steps(run)[-1] - steps(run)[-2]) / (plain[-1] - plain[-2])

# %% [markdown]
# Means of that share, for the jumps of all directions:

# %%
carried = {key: run for key, run in runs.items() if key[1].startswith("all")}
{key: round(float(rise(run, key[0]).mean()), 3) for key, run in carried.items()}

# %%
ledger.judge({
    "44.1a": mean(
        torch.stack([rise(run, key[0]) for key, run in carried.items()]).mean(0)
    ),
    "44.1b*": {
        f"{n} teacher": mean(
            steps(runs[n, "plain descent"])[-1] / steps(runs[n, "all directions"])[-1]
        )
        for n in problems
    },
})

# %% [markdown]
# ## 2. By the same saddles, unit by unit
#
# A jump might save time by another route. Two things say that it does not. The loss, noted wherever a plateau is still seen, must be one of those that
# reduced-rank regression gives for the saddles. And every single unit must end where plain descent brings it: the product
# $W_2W_1$ could not tell, since a regression has one best matrix, but countless sets of units make it.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 44.2a | Jumps of all directions pass by the saddles of descent: on a plateau the loss is one of reduced-rank regression | largest relative distance from the nearest ≤ 0.02 | neighbouring saddles differ threefold and more | Arata, section 4 (statement, read) |
# | 44.2b | Every unit ends where plain descent from the same start brings it | largest relative distance of the units, least start scale ≤ 0.1 | units with another one's share end at 1 and more | Ours |
#
# The relative distance $\|\Omega_{\rm jump}-\Omega_{\rm plain}\|_F/\|\Omega_{\rm plain}\|_F$, where $\Omega$ stacks all units, from the smallest start
# scale, median and largest:

# %%
astray = {
    (n, w): sw.relative_distance(run.omega, runs[n, "plain descent"].omega)[-seeds:]
    for (n, w), run in runs.items()
}
pd.DataFrame({key: [float(y.median()), float(y.max())] for key, y in astray.items()},
             index=["median", "largest"]).T.round(3)  # fmt: skip

# %% [markdown]
# The loss of one network of each teacher along the way, from the smallest start scale. Plain descent rests at each saddle (dashed: reduced-rank
# regression); with jumps the same
# levels are passed without a wait. The line search skips most of the drop as well.

# %% tags=["hide-input"]
with figures.curves(
    "stairs",
    {f"{n} teacher": {w: runs[n, w].curve(-seeds) for w in [*ways(1)][:3]}
     for n in problems},
    "Plain descent waits at each dashed loss; with jumps it passes them.",
    sharey=False, yscale="log", xlabel="step", ylabel="loss",
) as axes:  # fmt: skip
    [figures.level(ax, float(loss), "_", lw=1)
     for ax, name in zip(axes, problems, strict=True)
     for loss in tl.saddle_losses(*problems[name])[0, :3]]

# %%
ledger.judge({
    "44.2a": largest(
        [sw.distance_from_levels(
            run.saddles, tl.saddle_losses(*problems[n])[:, :3].repeat(len(scales), 1)
        ) for (n, _), run in carried.items()], of=seeds, digits=2),
    "44.2b": largest([astray[key] for key in carried], of=seeds, digits=2),
})  # fmt: skip

# %% [markdown]
# ## 3. Where the data leave the end open
#
# So far every way that converges must end in the same matrix. But small starts are wanted for their choice among many solutions. So we hide entries of
# $8\times8$ matrices $T$ of rank 2, of which a share of 0.6 is seen; the loss is $\frac12\sum_{\text{seen}}(W-T)^2$. Countless matrices fit the
# seen entries, and the algorithm selects. The same five steps run on this loss; only $M$ and the curvature change.
#
# While the first direction waits, the others grow as well, more slowly. A jump along one direction drops what they have gained; where saddles are near
# each other, that is most of what the next stage starts from. The jump of all directions keeps it.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 44.3a | Jumps of all directions, to a fixed length and by line search, end within a tenth of plain descent's matrix | share of problems in which both do ≥ 0.9 | other solutions lie at 0.6 and more | Arata, section 4 (statement, read) |
# | 44.3b | Jumps along one direction end elsewhere more often than jumps of all directions | mean difference of the shares within a tenth ≥ 0.05 | ours; one problem in twenty is not chance | Ours |
# | 44.3c | Jumps of all directions save steps here too | plain descent's mean steps / mean steps with jumps ≥ 1 | below one they cost steps | Arata, section 4 (statement, read) |
#
# All start at $\epsilon=10^{-8}$ and end at a ten thousandth of the loss at the start. Three yardsticks: plain descent from $10^{-12}$, which should end about there;
# from 0.3, which is no small start; and jumps along the *second* pair.

# %%
def complete(scale, how):
    """The hidden matrices by one of the ways, from the same starts at some scale."""
    own = np.random.default_rng([seed, 2])
    hidden = lr.completion_problem([3, 1.5], 8, seen_share, hidden_problems, own)
    drawn = ln.gaussian_weights([8, 8, 8], hidden_problems, own)
    return sw.staged_descent(
        tuple(scale * w for w in drawn), hidden,
        sw.Quadratic(lr.completion_loss, lr.completion_slope), learning_rate=0.2,
        final_loss=1e-4 * lr.completion_loss(0 * hidden[0], *hidden), steps=20_000,
        check_every=10, jumps=sw.Jumps(**how),
    )  # fmt: skip

# %% [markdown]
# Mean steps:

# %%
ends = {name: complete(1e-8, how) for name, how in ways(0.2).items()}
ends |= {f"plain, {scale:g}": complete(scale, {}) for scale in (1e-12, 0.3)}
ends["second pair"] = complete(
    1e-8, {"skip": partial(sw.jump, size=jump_length, pair=1)})  # fmt: skip
pd.Series({name: run.steps.double().mean().item() for name, run in ends.items()})

# %% [markdown]
# The share of problems that end within a tenth of plain descent's matrix, and the share whose *units* do:

# %%
away = {
    name: sw.relative_distance(run.matrix, ends["plain descent"].matrix)
    for name, run in ends.items()
}
pd.DataFrame({
    name: [float((y <= 0.1).double().mean()) for y in (
        away[name], sw.relative_distance(run.omega, ends["plain descent"].omega))]
    for name, run in ends.items()
}, index=["matrix", "units"]).T.round(3)  # fmt: skip

# %% [markdown]
# Plain descent from a ten thousand times smaller start ends within a tenth less often than the jumps do: the path itself has not settled at these scales,
# and the jumps follow it more closely than it follows its own limit. The units are the sharper test: with one direction at a time most problems end with other units.

# %% tags=["hide-input"]
with figures.curves(
    "selection",
    {"": {name: (np.linspace(0, 1, len(y)), y.sort().values.clamp(min=1e-5))
          for name, y in away.items()
          if name not in ("plain descent", "one, line search")}},
    "Jumps of all directions end near plain descent in every problem.",
    yscale="log", xlabel="problems, from the nearest to the farthest", height=4,
    ylabel="distance from plain descent's end",
) as axes:  # fmt: skip
    figures.level(axes, 0.1, "a tenth", theory=False)

# %%
ledger.judge({
    "44.3a": share(
        torch.maximum(away["all directions"], away["all, line search"]) <= 0.1),
    "44.3b": mean((away["all directions"] <= 0.1).double()
                  - (away["one direction"] <= 0.1).double()),
    "44.3c": ratio(ends["plain descent"].steps, ends["all directions"].steps),
})  # fmt: skip

# %% [markdown]
# ## 4. ReLU units
#
# Each ReLU unit has its own matrix, set by the samples on which it is active, so there is no single set of pairs. With the output gradient frozen,
# 15 passes of power iteration turn every unit to its own direction, and the linear phase then runs until the longest unit has length 0.1. This is a
# jump from the origin only: at later saddles the used directions are no subspace any more. We count gradients, the 15 included, to 2% of the
# loss at the start.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 44.4a | For ReLU units that start at 1e-8 the jump from the origin saves gradients | mean of gradients without / with the jump ≥ 1.1 | ours; a tenth is worth having | Arata, section 4 (statement, read) |

# %%
def relu(scale):
    """Gradients without and with the jump, and units' cosines with their growth."""
    own = np.random.default_rng([seed, 3])
    data = make(25, own, singular_values=strong_teacher)
    begin = ln.gaussian_weights(widths, 25, own, scale)
    ahead = sw.relu_jump(begin, *data, size=0.1, iterations=15)
    counts = [sw.relu_steps(w, *data, learning_rate, 0.02) for w in (begin, ahead)]
    growth = tl.units(tl.network_gradients(ahead, *data, "relu")).flatten(1)
    turned = -torch.cosine_similarity(tl.units(ahead).flatten(1), growth)
    return {"without": counts[0].double(), "with": counts[1] + 15.0, "turned": turned}

# %% [markdown]
# Mean gradients without and with the jump, and mean cosines after it, from three start scales:

# %%
bent = {scale: relu(scale) for scale in (1e-3, 1e-5, 1e-8)}
pd.DataFrame({f"{scale:g}": {key: float(y.mean()) for key, y in found.items()}
              for scale, found in bent.items()}).round(3)  # fmt: skip

# %% [markdown]
# With the jump the count rises much less as the start scale falls; it breaks even near $10^{-3}$.

# %%
ledger.judge({"44.4a": mean(bent[1e-8]["without"] / bent[1e-8]["with"])})

# %% [markdown]
# ## Reading
#
# **It works, at every saddle, and it must carry everything that grows.** During a wait the later directions grow as well. A jump along one direction
# throws that away: if the first wait alone is skipped, what is saved at the origin is paid at the next saddle to within a few steps (44.5f, 44.5g). On
# regressions, whose
# end is unique, this costs nothing as long as every plateau is jumped. Where the start selects among solutions, it costs steps, and in one problem of
# five the selection (44.3b, 44.5r). A jump of all directions costs neither (44.3a, 44.3c), though there it saves only about a seventh of the steps.
#
# For regressions on vectors all jumps are known before any run, exactly: [notebook 46](46_sparse_stages.ipynb).
#
# **The summary's words.** It speaks of eigenvectors "at the origin". Taken literally, the $k$-th jump would go along the $k$-th direction of the matrix at
# the origin. With inputs of unequal variance this is not the direction of the $k$-th saddle, but close: on regressions it saves as many steps
# (44.5l), and only what it leaves along the saddle's own direction gives it away (44.5n). We read "at the saddle".
#
# **What the summary does not say and the algorithm needs:** used directions must be taken out of the jump (step 3). Without it more steps are needed
# (44.5j, 44.5k): the jump stretches what has not yet settled in them, lands near the same saddle and is made again.
#
# **Where it does not help.** At $\epsilon=10^{-2}$ no plateau is seen, so no jump is made. For ReLU units the jump breaks even at $10^{-3}$ and gains
# from $10^{-5}$ on, but only at the origin; later saddles have no jump.
#
# **Disagreements.** The summary gives a curve and no numbers. Nothing in it says how many directions its jump carries; ours approximates the dynamics
# with all of them and does not with one.
#
# **Limits.** All this is for square loss, linear units (except section 4), full batches and one learning rate a section. The detector's threshold $10^{-4}$ and the fixed
# length are choices of ours.
#
# **Try.** `jump_length = 0.05`: a shorter jump leaves a short wait. `weak_teacher = [2, 0.5, 0.02]`: slower modes, larger speed-up.
# `start_scales = [1e-2, 1e-3]`: almost nothing to gain, and section 1 fails. `seen_share = 1`: every way ends in the same matrix.

# %% [markdown]
# ## 5. Checks
#
# What the claims rest on, and what happens if a part of the jump is left out. **First only**: one jump along one direction, at the origin. **Used in**: without
# step 3. **Random**: a kick of the same length along a random direction, clear of all that could grow, as many times as there are plateaus. **Origin**:
# the $k$-th direction of the matrix at the origin, by fixed length and by line search.
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 44.5a* | Plain descent pays the predicted price for a decade of the start scale | mean of steps a decade / predicted 1 ± 0.02 | a look every ten steps is 2% of a network's rise | Ours |
# | 44.5c | The line search along one direction ends where the loss is least: nothing of the derivative along it is left | largest size of what is left / before ≤ 0.05 | zero for the exact minimum; half the length leaves 3/4 | Ours |
# | 44.5d | At a start scale of 0.01 or more no jump is made | number of jumps ≤ 0 | nothing is quiet there | Ours |
# | 44.5e | No run of any way fails to reach its final loss | number of runs ≤ 0 | a jump must not break a run | Ours |
# | 44.5f* | *control:* With only the first plateau jumped, along one direction, as many steps are needed as without any jump | mean of steps / plain descent's 1 ± 0.05 | the wait moves on to the next saddle | Ours |
# | 44.5h* | *control:* A random kick clear of all that grows leaves every decade of waiting in place | mean of steps a decade / plain descent's ≥ 0.8 | what cannot grow saves no wait | Ours |
# | 44.5j* | *control:* Without step 3 more steps are needed than with it | mean of steps / steps with jumps along one direction ≥ 1 | it fires again and again | Ours |
# | 44.5l* | The origin's directions save as many steps on regressions as the saddles' own | mean of steps / steps with jumps along one direction 1 ± 0.02 | one look of ten steps | Ours, after Arata, section 4 (read) |
# | 44.5n* | *control:* The origin's directions leave a part of the derivative along the third saddle's own direction | median of what is left / before ≥ 0.005 | the saddle's own leaves 0.0006 at most | Ours |
# | 44.5p | *control:* Plain descent from a large start, 0.3, ends elsewhere | median relative distance ≥ 0.3 | other solutions exist and are reached | Ours |
# | 44.5q | *control:* Jumps along the second pair end elsewhere | share of problems within a tenth ≤ 0.65 | in some problems both pairs are needed anyway | Ours |
# | 44.5r | *control:* Jumps along one direction cost more steps in section 3 than they save | plain descent's mean steps / mean steps with jumps ≤ 1 | above one they save steps | Ours |
# | 44.5s | ReLU units that start at 1e-8 have turned to their own growth after the jump | mean cosine of all units and their growth ≥ 0.99 | three passes leave 0.98, none about 0.6 | Ours |
# | 44.5t | *control:* From 1e-3 the ReLU jump saves next to nothing | mean of gradients without / with the jump ≤ 1.1 | less than is worth having | Ours |

# %%
def parts(name):
    """Ways that leave a part of the jump out, or put something else in."""
    one, three = partial(sw.jump, size=jump_length), {"most": 3}
    kicks = sw.kicks(2 * seeds, 3, widths[0], widths[2], [seed, 1])
    origin = tl.growing_directions(problems[name][1])[1][..., :3].mT.repeat(2, 1, 1)
    return {
        "first only": {"skip": one, "most": 1},
        "used in": {"skip": partial(one, clear_used=False), "most": 1000},
        "random": three | {"skip": partial(one, clear_growing=True),
                           "directions": kicks},
        "origin": three | {"skip": one, "directions": origin},
        "origin, search": three | {"skip": sw.jump, "directions": origin}}  # fmt: skip


# %% [markdown]
# Mean steps from the last two start scales:

# %%
left_out = {(name, way): travel(name, how, scales[-2:])
            for name in problems for way, how in parts(name).items()}  # fmt: skip
pd.DataFrame({key: steps(run).mean(1).numpy() for key, run in left_out.items()},
             index=[f"{scale:g}" for scale in scales[-2:]]).T.round()  # fmt: skip

# %% [markdown]
# To skip the first wait alone takes as long as plain descent, and to kick where nothing grows nearly so. Without step 3 the steps lie in between; the
# origin's directions do as well as the saddles' own.

# %%
def against(name, way, other):
    """Steps by a way that leaves a part out over steps by another, last scale."""
    return steps(left_out[name, way])[-1] / steps(runs[name, other])[-1]


ledger.judge({
    "44.5a*": {n: mean(-steps(runs[n, "plain descent"])[-2:].diff(dim=0)[0] / price[n]
                       / np.log10(scales[-1] / scales[-2])) for n in problems},
    "44.5c": largest([run.remainders.abs() for run in (
        *(runs[n, "one, line search"] for n in problems), ends["one, line search"])],
        of=2 * seeds + hidden_problems, digits=1),
    "44.5d": largest([run.jumps.reshape(-1, seeds)[[s >= 0.01 for s in scales]]
                      for run in runs.values()]),
    "44.5e": largest([sum(int((run.steps < 0).sum()) for run in (
        *runs.values(), *left_out.values(), *ends.values()))]),
    "44.5f*": {n: mean(against(n, "first only", "plain descent")) for n in problems},
    "44.5h*": {n: mean(rise(left_out[n, "random"], n), digits=2) for n in problems},
})  # fmt: skip

# %% [markdown]
# What a jump along one direction needs, and what it costs:

# %%
ledger.judge({
    "44.5j*": {
        n: mean(against(n, "used in", "one direction"), digits=2) for n in problems},
    "44.5l*": {n: mean(against(n, "origin", "one direction")) for n in problems},
    "44.5n*": {
        n: median(left_out[n, "origin, search"].remainders[-seeds:, 2:3].abs(),
                  digits=2) for n in problems
    },
    "44.5p": median(away["plain, 0.3"], digits=2),
    "44.5q": share(away["second pair"] <= 0.1, digits=2),
    "44.5r": ratio(ends["plain descent"].steps, ends["one direction"].steps),
    "44.5s": mean(bent[1e-8]["turned"], digits=4),
    "44.5t": mean(bent[1e-3]["without"] / bent[1e-3]["with"]),
})  # fmt: skip

# %%
ledger.conclude()

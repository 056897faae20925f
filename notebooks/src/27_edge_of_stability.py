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
# # Descent sharpens the loss to 2/η; the steepest directions train nothing
#
# ![verdict](../figures/27_edge_of_stability/verdict.svg)
#
# **Question.** How steep is the landscape where full-batch descent walks, and who decides that: the landscape or the step?
# Does descent learn in the few directions in which the loss curves most?
#
# **Answer.** On small tanh networks the step decides: the largest curvature rises to $2/\eta$ and stays there. After the first hundred steps the ten
# steepest directions alone train nothing. Without them descent may take larger steps, and ends at about half the loss.
#
# ![Sharpness against time for three step sizes](../figures/27_edge_of_stability/edge.svg)
#
# The largest curvature against time, learning rate × steps, median and range of eight sets of digits. Dashed: $2/\eta$. The smallest step shows where
# the others would have gone: all follow one curve until each meets its own edge.
#
# *Source:* the edge: Cohen, Kaur, Li, Kolter and Talwalkar 2021, *Gradient descent on neural networks typically occurs at the edge of stability*
# ([arXiv:2103.00065](https://arxiv.org/abs/2103.00065)). The subspace: Gur-Ari, Roberts and Dyer 2018, *Gradient descent happens in a tiny
# subspace* ([arXiv:1812.04754](https://arxiv.org/abs/1812.04754)), and against it Song, Ahn and Yun 2024, *Does SGD really happen in tiny subspaces?*
# ([arXiv:2405.16002](https://arxiv.org/abs/2405.16002)).
#
# Before: [26](26_escaping_saddles.ipynb) · Next: [28](28_bad_minimum.ipynb) · [symbols](../NOTATION.md)

# %% [markdown]
# ## The model in ten lines
#
# On a quadratic of curvature $\lambda$, descent multiplies the error by $1-\eta\lambda$ in each step, and explodes if $\lambda>2/\eta$. A network has
# no single curvature. What happens there? Let twenty hidden units learn a sine from twenty points, by descent on half the mean square error.

# %%
import numpy as np

x = np.linspace(-1, 1, 20)


def slope(w):
    """The gradient of half the mean square error of 20 tanh units, in one row."""
    a, b, c, d = w[:20], w[20:40], w[40:60], w[60]
    h = np.tanh(np.outer(a, x) + b[:, None])
    r = (c @ h + d - np.sin(3 * x)) / len(x)
    k = np.outer(c, r) * (1 - h * h)
    return np.concatenate([k @ x, k.sum(1), h @ r, [r.sum()]])


def sharpness(w, e=1e-5):
    """The largest curvature at w: power iteration, a product by a difference."""
    v = np.ones_like(w)
    for _ in range(60):
        v = v / np.linalg.norm(v)
        v = (slope(w + e * v) - slope(w - e * v)) / (2 * e)
    return np.linalg.norm(v)


def begin():
    """A start of half the usual size."""
    w = np.random.default_rng(0).normal(size=61) / 2
    return w * np.repeat([1, 20**-0.5, 0], [40, 20, 1])

# %% [markdown]
# The *sharpness* is the largest curvature. How large is it on the way, at $\eta=0.3$? In units of $2/\eta$, every thousand steps:

# %%
def way(eta, steps, every):
    """Sharpness x eta / 2 on the way of plain descent."""
    w, seen = begin(), []
    for t in range(steps):
        if t % every == 0:
            seen.append(float(eta * sharpness(w) / 2))
        w = w - eta * slope(w)
    return seen


[round(s, 1) for s in way(0.3, 3000, 1000)]

# %% [markdown]
# It rises: descent walks into ever steeper ground. Where will this end? Here is the mean over the steps from 3,000 to 8,000:

# %%
round(float(np.mean(way(0.3, 8000, 500)[6:])), 1)

# %% [markdown]
# It has stopped at the edge where a quadratic would explode. With a third of the step, three times as many steps bring it to the same time:

# %%
[round(3 * s, 1) for s in way(0.1, 24_000, 4000)]

# %% [markdown]
# (Again in units of $2/0.3$.) So the ground beyond the edge is there; the larger step does not go to it.

# %% tags=["parameters"]
seed = 0  # in [0, 4294967295]: seed of every random draw
sets = 8  # in [3, 60]: sets of digits, each with a start of its own
images = 100  # in [60, 400]: digits in a set
hidden = [24, 24]  # each of 1 or more in [8, 48]: units of the hidden layers
rates = [0.15, 0.3]  # each of 2 in [0.1, 0.3]: learning rates of section 1, rising
steps = 1000  # in [300, 5000]: steps of section 1; three fifths of them in section 2
momentum = 0.8  # in [0.3, 0.9]: of both methods of section 2
count = 10  # in [1, 20]: steepest directions
batch = 10  # in [1, 50]: digits in a minibatch of section 3
warm_steps = 100  # in [0, 1000]: steps at rate 0.1 before section 4 begins
confined_rates = [0.1, 0.2, 0.4, 0.6, 0.8, 1.2]  # each of 2 or more in [0.05, 2]: rates of section 4; the first at most 0.2

# %% tags=["hide-input"]
from lib.suite.claims import Ledger

ledger = Ledger("27_edge_of_stability", globals())  # reads and checks the parameters

from lib.data import shrink, small_digits
from lib.descent import Momentum, Plain
from lib.practice import networks, sharpness as sh
from lib.statistics import largest, mean, share, smallest
from lib.suite import figures

import pandas as pd
import torch

if not rates[0] < rates[1] or confined_rates[0] > 0.2:
    raise ValueError("rates must rise, and confined_rates begin at 0.2 or below")
figures.style()
rng = np.random.default_rng([seed, 1])
generators = [np.random.default_rng([seed, k + 2]) for k in range(sets)]

# %% [markdown]
# `lib` has exact products with the Hessian, for many networks at once. It finds the same sharpness at the start:

# %%
def in_lib(w):
    """The sharpness of the network above, by lib."""
    w, points = torch.from_numpy(w), torch.from_numpy(x)[None, :, None]
    net = networks.Network((w[:20].view(1, 20, 1), w[40:60].view(1, 1, 20)),
                           (w[20:40].view(1, 20), w[60:].view(1, 1)))
    return sh.Fit(points, torch.sin(3 * points).mT, net).sharpness(net, rng)


np.allclose(in_lib(begin()), sharpness(begin()), rtol=1e-6)

# %% [markdown]
# ## 1. The edge
#
# Now real digits: sets of 100 of them, of $7\times7$ pixels, and networks with two hidden layers of 24 tanh units, which start at half of the usual
# size. The loss is half the squared distance from the label, all digits are seen at every step, and the **sets are the sample**. The sharpness, the
# largest curvature, is the largest eigenvalue of the Hessian.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 27.1a* | Late in training the sharpness of full-batch descent stands at 2/η | mean sharpness × η/2 = 1 ± 0.1 | ours; it hovers just above the edge | Cohen et al. 2021 (statement, abstract) |
# | 27.1c | *control:* With a small step sharpness passes the larger one's 2/η in the same time | mean sharpness × larger η/2 ≥ 1.2 | ours; a fifth above the edge | Cohen et al. 2021 (statement, recalled) |
#
# Each rate is followed for 1,000 steps, and half the smaller rate for twice as many. In units of the larger rate's $2/\eta$, the sharpness ends at

# %%
def digits(scrambled=0.0, images=images, hidden=hidden):
    """`sets` sets of digits, with a network for each."""
    pixels, labels = small_digits()
    pixels = shrink(pixels, 7)
    return sh.draw_fit(
        (pixels - pixels.mean()) / pixels.std(), labels, hidden, generators,
        images=images, scrambled=scrambled,
    )


fit = digits()
runs = {eta: sh.follow(fit, Plain(eta), rng, steps=steps) for eta in rates}
runs[rates[0] / 2] = sh.follow(fit, Plain(rates[0] / 2), rng, steps=2 * steps, every=75)
{eta: float((run.late().mean() * rates[1] / 2).round(decimals=1))
 for eta, run in runs.items()}

# %% [markdown]
# All three against time:

# %% tags=["hide-input"]
def against_time(run):
    """Learning rate x steps, sharpness, and 2/eta where it is reached."""
    t = np.array(run.steps) * run.rule.rate
    seen = t <= rates[0] * steps
    edge = np.full(seen.sum(), sh.threshold(run.rule))
    return t[seen], run.sharpness[seen], *([edge] if run.rule.rate in rates else [])


with figures.curves(
    "edge", {"": {f"η = {eta:g}": against_time(run) for eta, run in runs.items()}},
    "Sharpness rises along one curve, and stays at 2/η once it is there.",
    prediction="2/η", band=(0, 1), xlabel="learning rate × steps", ylabel="sharpness",
    width=7.5, legend="lower right",
) as axes:
    axes[0].set(ylim=(0, None))

# %%
ledger.judge({
    "27.1a*": {f"η = {eta:g}": mean(runs[eta].at_edge()) for eta in rates},
    "27.1c": mean(runs[rates[0] / 2].sharpness[-1] * rates[1] / 2),
})

# %% [markdown]
# At the edge training goes on: the loss rises in a good part of all steps (27.5a), and falls over long times all the same (27.5b). A quadratic, whose
# curvature cannot give way, explodes two percent beyond (27.5d).
#
# ## 2. Momentum has edges of its own
#
# With momentum a quadratic of curvature $\lambda$ moves by a recursion of second order, and grows where a root of its characteristic polynomial leaves the unit circle, at $z=-1$:
#
# $$\text{heavy ball: }z^2-(1+\mu-\eta\lambda)z+\mu\;\Rightarrow\;\lambda=\frac{2+2\mu}{\eta},\qquad
# \text{Nesterov: }z^2-(1-\eta\lambda)\bigl((1+\mu)z-\mu\bigr)\;\Rightarrow\;\lambda=\frac{2+2\mu}{(1+2\mu)\,\eta}.$$
#
# One lies above $2/\eta$ and one below. With momentum a hundred digits would be learned by heart before the sharpness reaches the edge of the heavy
# ball. So we take twice as many, with half of the labels drawn at random, which take longer to learn.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 27.2a* | Late in training the sharpness of descent with momentum stands where its method turns unstable | mean sharpness / threshold = 1 ± 0.1 | ours; 2/η would be half, or one and a half | Cohen et al. 2021 (statement, recalled) |
#
# The two thresholds, times $\eta/2$:

# %%
rules = {"heavy ball": Momentum(0.25, momentum), "Nesterov": sh.Nesterov(0.1, momentum)}
{name: round(sh.threshold(rule) * rule.rate / 2, 2) for name, rule in rules.items()}

# %% [markdown]
# And the sharpness on the way:

# %% tags=["hide-input"]
hard = digits(0.5, 2 * images)
pushed = {name: sh.follow(hard, rule, rng, steps=3 * steps // 5)
          for name, rule in rules.items()}
with figures.curves(
    "momentum",
    {name: {"sharpness": (
        run.steps, run.sharpness * run.rule.rate / 2,
        np.full(len(run.steps), sh.threshold(run.rule) * run.rule.rate / 2))}
     for name, run in pushed.items()},
    "With momentum sharpness stays about the threshold of the method, not 2/η.",
    prediction="threshold of the method", xlabel="step", ylabel="sharpness × η/2",
    ylim=(0, 2.6),
) as axes:
    figures.level(axes, 1, "2/η", theory=False)

# %%
ledger.judge({
    "27.2a*": {name: mean(run.at_edge()) for name, run in pushed.items()},
})

# %% [markdown]
# ## 3. Where the gradient points
#
# Gur-Ari and others found that after a short time the gradient lies in the span of a few top eigenvectors of the Hessian, as many as there are classes, and suggested that descent
# happens mostly there. Here are the ten steepest of 2,050 directions, and the share of the full gradient, $|Q^\top g|^2/|g|^2$, that lies in them. We compare minibatches of
# ten digits with full batches at the same small rate, 0.05.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 27.3a | Along minibatches a large part of the full gradient comes to lie in the ten steepest directions | mean share late in training ≥ 0.4 | ours; chance is a hundred times less | Gur-Ari et al. 2018 (statement, abstract) |
# | 27.3b | Along full batches at the same rate hardly anything of it lies there | mean share late in training ≤ 0.001 | ours; ten of 2,050 directions are 0.005 | Ours, after Song et al. 2024 (abstract) |
#
# Mean shares on the way:

# %%
looks = [0, 20, 100, 400, 500, 600]
orders = torch.from_numpy(rng.integers(0, images, (sets, 600, batch)))


def shares(orders=None):
    """Share of the full gradient in the steepest directions, (looks, sets)."""
    states = sh.walk(fit, Plain(0.05), steps=600, record=looks, orders=orders)
    return torch.stack([fit.share_in_steepest(one, count, rng) for one in states])


inside = {"minibatches": shares(orders), "full batches": shares()}
pd.DataFrame({name: x.mean(1) for name, x in inside.items()}, index=looks).round(2)

# %%
ledger.judge({
    "27.3a": mean(inside["minibatches"][-3:].mean(0)),
    "27.3b": mean(inside["full batches"][-3:].mean(0)),
})

# %% [markdown]
# And at the edge of section 1, at the larger rate, full batches too:

# %%
edge = [fit.share_in_steepest(one, count, rng) for one in runs[rates[1]].states[-4:]]
round(float(torch.stack(edge).mean()), 2)

# %% [markdown]
# So a large share need not mean what it seems to. At the start the steepest directions do count. They are learned first, within some twenty steps, and
# then the gradient leaves them. It comes back only with minibatches, or with a step at the edge. We read this as swinging from wall to wall of a narrow
# valley, driven by noise or by the long step.
#
# ## 4. Descent without them
#
# Does descent learn in these directions? After 100 steps at rate 0.1, allow only the part of the gradient that lies in the ten steepest ones, which are
# followed on the way. Or forbid this part, and take the rest. The controls are ten random directions, alone or forbidden. With plain descent these are
# five ways. Each goes at six rates for 150 steps, and each set of digits takes the best of its rates.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 27.4a | Descent in the ten steepest directions alone trains nothing at any rate | mean of its largest fall of the loss / that of plain descent ≤ 0.001 | ours; ten random directions train more | Song et al. 2024 (statement, abstract) |
# | 27.4b | At a small rate descent without them ends at the loss of plain descent | mean of the size of ln(loss / loss of plain descent) ≤ 0.001 | ours; without ten random directions it is 0.002 | Song et al. 2024 (statement, abstract) |
# | 27.4c | At its own best rate descent without them ends lower than plain descent at its own | mean ln(loss / loss of plain descent) ≤ -0.3 | ours; a quarter less, at least | Ours |
#
# The mean loss before these 150 steps is printed first; then the mean loss after them, for each rate, where "inf" means that some set diverged.

# %%
ends = sh.confined(fit, confined_rates, rng, count=count, warm=warm_steps)
round(float(ends.before.mean()), 2)

# %%
pd.DataFrame({name: losses.mean(1) for name, losses in ends.after.items()},
             index=confined_rates).T.round(2)

# %% [markdown]
# In the ten steepest directions alone nothing more is learned; ten random ones at least train a little (27.5j). And the steepest limit the rate for all
# others: without them rates are stable at which plain descent explodes.

# %% tags=["hide-input"]
with figures.effects(
    "ways",
    {name: (x.measured, *x.interval) for name in sh.WAYS
     for x in [mean(ends.best(name) / ends.before)]},
    "Only the steepest or random directions: no fall; without the steepest: lowest.",
    xlabel="loss after / before, each way at its best rate",
) as axes:
    axes[0].set(xlim=(0, 1.05))

# %%
ledger.judge({
    "27.4a": mean(ends.fall("only the steepest")),
    "27.4b": mean(ends.log_ratio("without the steepest", 0).abs()),
    "27.4c": mean(ends.log_ratio("without the steepest")),
})

# %% [markdown]
# ## Reading
#
# **The landscape does not decide alone.** Theories of descent ask for a step below $2/\lambda$, with a $\lambda$ that holds everywhere
# ([31](31_linear_convergence.ipynb)). Here it is the other way round: the step comes first, and descent finds the ground on which it is just stable.
# [Notebook 32](32_balancedness.ipynb) has the like in a network of two numbers, where it can be computed: a *catapult* throws descent back to where the
# curvature is below $2/\eta$. [Notebook 00](00_one_network.ipynb) looks for the edge in one rectifier network with minibatches and cross-entropy, and
# does not find it.
#
# **A large share is no sign of learning.** The gradient is large where the walls are steep, and there it may swing back and forth without training
# anything. Gur-Ari and others found large shares, and so do we with minibatches. That descent happens in this subspace does not follow, and is not so
# here after the first hundred steps. In this we agree with Song and others, who found it on larger networks. What we add is that descent without these
# directions may take larger steps, and gains by it.
#
# **Limits.** One kind of network with some 2,000 weights, the squared loss, a hundred digits. The sharpness hovers above $2/\eta$ by some percent, and
# more on harder labels; why it does so is not explained. The steepest directions are computed anew every tenth step, which costs more than the larger
# rate saves. For most sets the best rate without them is the largest one of the list.
#
# **Try.** `count = 1`: without the one steepest direction descent is hardly better off, since the next is nearly as steep, and 27.4c fails; with
# `count = 20` descent without them ends at a third of the loss. `warm_steps = 0`: from the very start the steepest directions alone bring a sixth of
# the fall, so 27.4a and 27.4b fail, and 27.4c holds. `batch = 50`: with less noise the share in the steepest directions is near 0.4, and 27.3a holds
# only partly. `momentum = 0.9`: training is nearly over when the sharpness arrives under the heavy ball, a little below its edge; the row holds.

# %% [markdown]
# ## 5. Checks
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 27.5a | At the edge the next step often raises the loss | mean share of the last two fifths of the states ≥ 0.1 | ours; below the edge none does | Cohen et al. 2021 (statement, abstract) |
# | 27.5b | At the edge the loss falls over long times | mean ln(mean loss of the last fifth / of the third fifth of the steps) ≤ -0.2 | ours; a fifth less, at least | Cohen et al. 2021 (statement, abstract) |
# | 27.5c | At the start the sharpness is below the edge | mean sharpness × η/2 at the smaller rate ≤ 0.6 | ours; else it could not rise | Ours |
# | 27.5d | *control:* Without hidden layers the loss is a quadratic and descent 2% beyond 2/λ explodes | smallest loss at the end / at the start ≥ 10 | two hundred steps of 1.04 | Ours |
# | 27.5e | Without hidden layers the sharpness stays as it is | largest relative change ≤ 1e-6 | rounding and the grid of weights | Ours |
# | 27.5f | On a quadratic each method turns unstable at its threshold, found by trial | largest relative difference ≤ 0.002 | sixteen halvings and slow growth | Ours |
# | 27.5g | At the edge most of the gradient lies in the ten steepest directions | mean share ≥ 0.7 | ours; most of it swings | Ours, after Song et al. 2024 (abstract) |
# | 27.5h | At the start a large part of the gradient lies in the ten steepest directions | mean share ≥ 0.4 | ours; chance is a hundred times less | Ours |
# | 27.5i | *control:* Without as many random directions the best rate is no better than that of plain descent | mean ln(loss / loss of plain descent) ≥ -0.3 | not below the bound of 27.4c | Ours |
# | 27.5j | Ten random directions alone train more than the ten steepest | share of the sets ≥ 0.6 | eight of eight show no more than 0.67 | Ours |

# %%
methods = [Plain(0.3), *(kind(0.3, mu) for kind in (Momentum, sh.Nesterov)
                         for mu in (0.5, 0.9))]
[round(0.3 * sh.threshold_by_trial(m), 3) for m in methods]

# %% [markdown]
# These are $\eta\lambda$ at the edges of plain descent, of the heavy ball with $\mu=0.5$ and $0.9$, and of Nesterov's momentum with the same, found by trial.

# %%
beyond = sh.beyond_the_edge(digits(hidden=[]), 1.02, rng, steps=300)
ledger.judge({
    "27.5a": mean(runs[rates[1]].late_rises()),
    "27.5b": mean(runs[rates[1]].late_fall()),
    "27.5c": mean(runs[rates[0]].sharpness[0] * rates[0] / 2),
    "27.5d": smallest(beyond.losses[-1] / beyond.losses[0]),
    "27.5e": largest((beyond.sharpness / beyond.sharpness[0] - 1).abs(), of=sets),
    "27.5f": largest([abs(sh.threshold_by_trial(m) / sh.threshold(m) - 1)
                      for m in methods], digits=1),
    "27.5g": mean(torch.stack(edge).mean(0)),
    "27.5h": mean(inside["full batches"][0]),
    "27.5i": mean(ends.log_ratio("without random ones")),
    "27.5j": share(ends.fall("only random ones") > ends.fall("only the steepest")),
})

# %%
ledger.conclude()

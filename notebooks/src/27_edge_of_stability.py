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
# **Answer.** On small tanh networks the step decides: the largest curvature rises to $2/\eta$ and stays there. The ten steepest directions train
# nothing after the first steps. Without them descent may take larger steps, and ends at about half the loss.
#
# ![Sharpness against time for three step sizes](../figures/27_edge_of_stability/edge.svg)
#
# The largest curvature against time, learning rate × steps, on eight sets of digits (thin) and its median. Dashed: $2/\eta$. The smallest step shows where
# the others would have gone: they all follow one curve until each meets its own edge.
#
# *Source:* the edge: Cohen, Kaur, Li, Kolter and Talwalkar 2021, *Gradient descent on neural networks typically occurs at the edge of stability*
# ([arXiv:2103.00065](https://arxiv.org/abs/2103.00065)). The subspace: Gur-Ari, Roberts and Dyer 2018, *Gradient descent happens in a tiny
# subspace* ([arXiv:1812.04754](https://arxiv.org/abs/1812.04754)), and against it Song, Ahn and Yun 2024, *Does SGD really happen in tiny subspaces?*
# ([arXiv:2405.16002](https://arxiv.org/abs/2405.16002)).
#
# Before: [26](26_escaping_saddles.ipynb) · Next: [31](31_linear_convergence.ipynb) · [symbols](../NOTATION.md)

# %% [markdown]
# ## The model in ten lines
#
# On a quadratic of curvature $\lambda$, descent multiplies the error by $1-\eta\lambda$ in each step, and explodes if $\lambda>2/\eta$. A network has no single curvature. What
# happens there? We let twenty hidden units learn a sine, from twenty points, on half the mean square of their errors.

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
# How sharp is the loss on the way, at $\eta=0.3$? In units of $2/\eta$, every thousand steps:

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
sets = 8  # in [3, 200]: sets of digits, each with a start of its own
images = 100  # in [60, 400]: digits in a set
hidden = [24, 24]  # each of 1 or more in [8, 64]: units of the hidden layers
rates = [0.15, 0.3]  # each of 2 in [0.1, 0.3]: learning rates of section 1, rising
steps = 800  # in [300, 5000]: steps of section 1
finer = 4  # in [2, 10]: the small step of section 1 is so many times smaller than the largest
momentum = 0.8  # in [0.3, 0.9]: of both methods of section 2
heavy_rate = 0.25  # in [0.1, 0.3]: learning rate of heavy-ball momentum
nesterov_rate = 0.1  # in [0.05, 0.12]: learning rate of Nesterov's momentum
momentum_steps = 600  # in [200, 5000]: steps of section 2
count = 10  # in [2, 20]: steepest directions
batch = 10  # in [1, 50]: digits in a minibatch of section 3
warm_steps = 100  # in [1, 1000]: steps at rate 0.1 before section 4 begins
confined_rates = [0.1, 0.2, 0.4, 0.6, 0.8, 1.2]  # each of 2 or more in [0.02, 2]: rates of section 4; first is stable

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

if not rates[0] < rates[1]:
    raise ValueError(f"rates must rise, got {rates}")
if confined_rates[0] > 0.2:
    raise ValueError(f"confined_rates must begin at 0.2 or below, got {confined_rates[0]}")
figures.style()
rng = np.random.default_rng([seed, 1])
generators = [np.random.default_rng([seed, k + 2]) for k in range(sets)]

# %% [markdown]
# `lib` has the same gradient, and exact products with the Hessian for many networks at once:

# %%
w, X = begin(), torch.from_numpy(x)
net = networks.Network(
    (torch.tensor(w[:20]).view(1, 20, 1), torch.tensor(w[40:60]).view(1, 1, 20)),
    (torch.tensor(w[:20] * 0 + w[20:40]).view(1, 20), torch.tensor(w[60:]).view(1, 1)),
)
one = sh.Fit(X.view(1, 20, 1), torch.sin(3 * X).view(1, 1, 20), net)
np.allclose(one.sharpness(net, rng), sharpness(w), rtol=1e-6)

# %% [markdown]
# ## 1. The edge
#
# Now real digits: sets of 100 of them, of $7\times7$ pixels, and networks with two hidden layers of 24 tanh units, which start at half of the usual size. The loss is half the squared
# distance from the label, all digits are seen at every step, and the **sets are the sample**. The *sharpness* is the largest eigenvalue of the Hessian.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 27.1a* | Late in training the sharpness of full-batch descent stands at 2/η | mean sharpness × η/2 = 1 ± 0.06 | ours; the law is one of a time average | Cohen et al. 2021 (statement, abstract) |
# | 27.1c | *control:* With a small step sharpness passes the larger one's 2/η in the same time | mean sharpness × larger η/2 ≥ 1.2 | ours; a fifth above the edge | Cohen et al. 2021 (statement, recalled) |
#
# The mean over the last two fifths of the steps, in units of $2/\eta$:

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
runs = {f"η = {eta:g}": sh.follow(fit, Plain(eta), rng, steps=steps) for eta in rates}
late = {name: run.late() / sh.threshold(Plain(eta))
        for (name, run), eta in zip(runs.items(), rates, strict=True)}
{name: mean(x, digits=2) for name, x in late.items()}

# %% [markdown]
# And with the small step, as far as a third of the time of the larger one:

# %%
fine = max(rates) / finer
free = sh.follow(fit, Plain(fine), rng, steps=finer * steps // 3, every=25 * finer)
mean(free.sharpness[-1] / sh.threshold(Plain(max(rates))), digits=2)

# %% tags=["hide-input"]
def against_time(run, eta):
    """(learning rate x steps, sharpness, 2/eta), as far as the small step has got."""
    t = np.array(run.steps) * eta
    seen = t <= free.steps[-1] * fine
    return t[seen], run.sharpness[seen], np.full(seen.sum(), 2 / eta)


with figures.curves(
    "edge",
    {"": {name: against_time(run, eta)
          for (name, run), eta in zip(runs.items(), rates, strict=True)}
     | {f"η = {fine:g}": against_time(free, fine)[:2]}},
    "Sharpness rises along one curve and stays at 2/η where it meets it.",
    prediction="2/η", xlabel="learning rate × steps", ylabel="sharpness", width=7.5,
    ylim=(0, None), legend="lower right",
) as axes:
    pass

# %%
ledger.judge({
    "27.1a*": {name: mean(x) for name, x in late.items()},
    "27.1c": mean(free.sharpness[-1] / sh.threshold(Plain(max(rates)))),
})

# %% [markdown]
# Nothing is lost at the edge: there the loss rises in a good part of all steps (27.5a), and falls all the same (27.5b). A quadratic, whose curvature cannot give way,
# explodes two percent beyond (27.5d).
#
# ## 2. Momentum has edges of its own
#
# With momentum a quadratic of curvature $\lambda$ moves by a recursion of second order, and grows where a root of its characteristic polynomial leaves the unit circle, at $z=-1$:
#
# $$\text{heavy ball: }z^2-(1+\mu-\eta\lambda)z+\mu\;\Rightarrow\;\lambda=\frac{2+2\mu}{\eta},\qquad
# \text{Nesterov: }z^2-(1-\eta\lambda)\bigl((1+\mu)z-\mu\bigr)\;\Rightarrow\;\lambda=\frac{2+2\mu}{(1+2\mu)\,\eta}.$$
#
# One lies above $2/\eta$ and one below. Momentum is fast, and a hundred digits would be learned by heart before the sharpness gets as far as the edge of the heavy ball. So here are 200
# of them, half of the labels drawn at random, which takes longer.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 27.2a* | Late in training the sharpness of descent with momentum stands where its method turns unstable | mean sharpness / threshold = 1 ± 0.1 | ours; 2/η would be half, or one and a half | Cohen et al. 2021 (statement, recalled) |

# %%
rules = {"heavy ball": Momentum(heavy_rate, momentum),
         "Nesterov": sh.Nesterov(nesterov_rate, momentum)}
hard = digits(0.5, 2 * images)
pushed = {name: sh.follow(hard, rule, rng, steps=momentum_steps)
          for name, rule in rules.items()}
quotients = {name: run.late() / sh.threshold(rules[name]) for name, run in pushed.items()}
{name: mean(x, digits=2) for name, x in quotients.items()}

# %% tags=["hide-input"]
with figures.curves(
    "momentum",
    {name: {"sharpness": (run.steps, run.sharpness * rules[name].rate / 2,
                          np.full(len(run.steps),
                                  sh.threshold(rules[name]) * rules[name].rate / 2))}
     for name, run in pushed.items()},
    "With momentum sharpness oscillates about the threshold of the method, not 2/η.",
    prediction="threshold of the method", xlabel="step", ylabel="sharpness × η/2",
    ylim=(0, 2.6),
) as axes:
    figures.level(axes, 1, "2/η", theory=False)

# %%
ledger.judge({
    "27.2a*": {name: mean(x) for name, x in quotients.items()},
})

# %% [markdown]
# ## 3. Where the gradient points
#
# Gur-Ari and others found that after a short time the gradient lies in the span of a few top eigenvectors of the Hessian, as many as there are classes, and suggested that descent
# happens mostly there. Here are the ten steepest of 2,050 directions, and the share of the full gradient, $|Q^\top g|^2/|g|^2$, that lies in them. We compare minibatches of
# ten digits with full batches at the same small rate.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 27.3a | Along minibatches most of the full gradient comes to lie in the ten steepest directions | mean share late in training ≥ 0.5 | ours; most is more than half | Gur-Ari et al. 2018 (statement, abstract) |
# | 27.3b | Along full batches at the same rate hardly anything of it lies there | mean share late in training ≤ 0.001 | ours; ten of 2,050 directions are 0.005 | Ours, after Song et al. 2024 (abstract) |
#
# Mean shares on the way, and at the edge of section 1:

# %%
looks = [0, 20, 100, 400, 500, 600]
orders = torch.from_numpy(rng.integers(0, images, (sets, 600, batch)))


def shares(orders=None):
    """Share of the full gradient in the steepest directions on the way, (looks, sets)."""
    states = sh.walk(fit, Plain(0.05), steps=600, record=looks, orders=orders)
    return torch.stack([fit.share_in_steepest(one, count, rng) for one in states])


inside = {"minibatches": shares(orders), "full batches": shares()}
edge = torch.stack([fit.share_in_steepest(one, count, rng)
                    for one in runs[f"η = {rates[1]:g}"].states[-4:]])
pd.DataFrame({name: x.mean(1) for name, x in inside.items()}, index=looks).round(2)

# %%
mean(edge.mean(0), digits=2)

# %% [markdown]
# So both are true, and the share means something else than it seems. At the start the steepest directions do count. They are learned first, within twenty steps, and then the gradient
# leaves them. What comes back is the swinging from wall to wall of a narrow valley: driven by noise, or by a step at the edge.

# %%
ledger.judge({
    "27.3a": mean(inside["minibatches"][-3:].mean(0)),
    "27.3b": mean(inside["full batches"][-3:].mean(0)),
})

# %% [markdown]
# ## 4. Descent without them
#
# Does descent learn in these directions? Forbid the rest: after 100 steps at rate 0.1, take only the part of the gradient that lies in the ten steepest directions, which are followed on the
# way. Or forbid them, and take the rest. Fair rivals are ten random directions, alone or forbidden. Each of these five goes at six rates, and each set of digits takes the best of them.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 27.4a | Descent in the ten steepest directions alone trains nothing at any rate | mean of its largest fall of the loss / that of plain descent ≤ 0.001 | ours; ten random directions train more | Song et al. 2024 (statement, abstract) |
# | 27.4b | At a small rate descent without them ends at the loss of plain descent | mean of the size of ln(loss / loss of plain descent) ≤ 0.001 | ours; without ten random directions it is 0.002 | Song et al. 2024 (statement, abstract) |
# | 27.4c | At its own best rate descent without them ends lower than plain descent at its own | mean ln(loss / loss of plain descent) ≤ -0.3 | ours; a quarter less, at least | Ours |
#
# The mean loss at the end of 150 steps for each rate; "inf" means that some set diverged. It began at

# %%
warm = fit._replace(
    start=sh.walk(fit, Plain(0.1), steps=warm_steps, record=[warm_steps])[0])
ends = sh.confined(warm, confined_rates, rng, count=count, steps=150)
round(float(warm.loss(warm.start).mean()), 2)

# %%
pd.DataFrame({name: x.mean(1) for name, x in ends.items()}, index=confined_rates).round(2)

# %%
best = {name: x.amin(0) for name, x in ends.items()}
fall = {name: warm.loss(warm.start) - x for name, x in best.items()}


def log_ratio(name, losses):
    """ln(loss / loss of plain descent), (sets,)."""
    return (losses[name] / losses["all directions"]).log()


first = {name: x[0] for name, x in ends.items()}  # at the smallest rate
ledger.judge({
    "27.4a": mean(fall["only the steepest"] / fall["all directions"]),
    "27.4b": mean(log_ratio("without the steepest", first).abs()),
    "27.4c": mean(log_ratio("without the steepest", best)),
})

# %% [markdown]
# They do worse than nothing: they set the pace for all others.

# %% tags=["hide-input"]
picture = {name: mean(best[name] / warm.loss(warm.start)) for name in sh.WAYS}
with figures.effects(
    "ways",
    {name: (x.measured, *x.interval) for name, x in picture.items()},
    "Only the steepest or only random directions: no fall; without the steepest: the lowest.",
    xlabel="loss at the end / at the beginning, each at its best rate", xlim=(0, 1.05),
) as axes:
    pass

# %% [markdown]
# ## Reading
#
# **The landscape does not decide alone.** Theories of descent ask for a step below $2/\lambda$, with a $\lambda$ that holds everywhere ([31](31_linear_convergence.ipynb)). Here it is the other way round: the step
# comes first, and descent finds the ground on which it is just stable. For two numbers this is exact: [notebook 32](32_balancedness.ipynb) has the catapult that throws descent back behind
# $2/\eta$. [Notebook 00](00_one_network.ipynb) looks for the edge in one rectifier network with minibatches and cross-entropy, and does not find it.
#
# **A large share is no sign of learning.** The gradient is large where the walls are steep. Averaged over a swing it cancels.
#
# **Limits.** One kind of network with a few thousand weights, the squared loss, a hundred digits. The mean sharpness lies above $2/\eta$ by some percent, more on harder labels. The steepest directions
# are brought up to date every tenth step.
#
# **Try.** To be run.

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
# | 27.5h | At the start most of the gradient lies in the ten steepest directions | mean share ≥ 0.5 | ours; most is more than half | Ours |
# | 27.5i | *control:* Without as many random directions the best rate is no better than that of plain descent | mean ln(loss / loss of plain descent) ≥ -0.25 | ours; above the bound of 27.4c | Ours |
# | 27.5j | Ten random directions alone train more than the ten steepest | share of the sets ≥ 0.6 | eight of eight show no more than 0.67 | Ours |

# %%
plain = digits(hidden=[])
top = plain.sharpness(plain.start, rng)
beyond = sh.follow(plain, Plain(2 * 1.02 / top), rng, steps=300)
methods = [Plain(0.3), *(kind(0.3, mu) for kind in (Momentum, sh.Nesterov)
                         for mu in (0.5, 0.9))]
swinging = runs[f"η = {rates[1]:g}"]
fifth = len(swinging.steps) // 5
ledger.judge({
    "27.5a": mean(swinging.rises[-2 * fifth:].double().mean(0)),
    "27.5b": mean((swinging.losses[-fifth:].mean(0)
                   / swinging.losses[2 * fifth:3 * fifth].mean(0)).log()),
    "27.5c": mean(runs[f"η = {rates[0]:g}"].sharpness[0] * rates[0] / 2),
    "27.5d": smallest(beyond.losses[-1] / beyond.losses[0]),
    "27.5e": largest((beyond.sharpness / top - 1).abs(), of=sets),
    "27.5f": largest([abs(sh.threshold_by_trial(m) / sh.threshold(m) - 1)
                      for m in methods], digits=1),
    "27.5g": mean(edge.mean(0)),
    "27.5h": mean(inside["full batches"][0]),
    "27.5i": mean(log_ratio("without random ones", best)),
    "27.5j": share(fall["only random ones"] > fall["only the steepest"]),
})

# %%
ledger.conclude()

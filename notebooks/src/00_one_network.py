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
# # One ordinary network: what trains it, and what it does without
#
# ![verdict](../figures/00_one_network/verdict.svg)
#
# **Question.** Each notebook of this suite studies one reason why plain gradient descent trains networks. Which of these reasons
# are at work in one ordinary classifier of digits, followed from its start to its end?
#
# **Answer.** Take away noise, learned signs or balance, and the training loss ends nearly as low. Descent soon stays below the edge of stability.
# Linearized, its features fixed, the network ends far higher. Without directions of negative curvature a small one ends at twice the loss.
#
# ![what each change does to the loss at the end](../figures/00_one_network/changes.svg)
#
# Each line changes one thing and leaves all else as it is: digits, start, order, rate and steps. Left of 1 the network ends at a lower training loss
# than unchanged, right of 1 at a higher one. The small network without negative curvature is compared with itself without as many other directions.
# Bars are 95% intervals over independent seeds.
#
# *Source:* the title of this suite. Du, Hu and Lee 2018 ([arXiv:1806.00900](https://arxiv.org/abs/1806.00900)) for what a unit keeps,
# Cohen et al. 2021 ([arXiv:2103.00065](https://arxiv.org/abs/2103.00065)) for the edge of stability.
#
# Next: [11](11_optimization_challenges.ipynb) · [symbols](../NOTATION.md)

# %% [markdown]
# ## The model in ten lines
#
# A hidden layer of rectifiers, a softmax, and the gradient of the mean cross-entropy, for one seed and two classes that no straight line
# separates: the sign of $x_1x_2$.

# %%
import numpy as np


def forward(W, V, X):
    """Hidden units and the probabilities of the classes."""
    H = np.maximum(X @ W.T, 0)
    S = np.exp(H @ V.T)
    return H, S / S.sum(1, keepdims=True)


def step(W, V, X, Y, eta):
    """One step of gradient descent on the mean of -log p(label)."""
    H, P = forward(W, V, X)
    pull = (P - Y) / len(X)
    return W - eta * (pull @ V * (H > 0)).T @ X, V - eta * pull.T @ H


def trained(W, V, X, Y, eta=0.3, steps=3000):
    """Both layers after so many steps."""
    for _ in range(steps):
        W, V = step(W, V, X, Y, eta)
    return W, V


def loss(W, V, X, Y):
    """Mean of -log p(label), in nats."""
    return round(float(-np.log((forward(W, V, X)[1] * Y).sum(1)).mean()), 4)

# %% [markdown]
# Ten units learn forty points. Guessing costs $\ln2=0.69$. The loss at the start and at the end:

# %%
toy = np.random.default_rng(0)
X = toy.normal(size=(40, 2))
Y = np.eye(2)[(X.prod(1) > 0).astype(int)]
W, V = toy.normal(size=(10, 2)), toy.normal(size=(2, 10)) * 0.2**0.5
loss(W, V, X, Y), loss(*trained(W, V, X, Y), X, Y)

# %% [markdown]
# Now the same function in other weights: the first layer divided by four, the second multiplied by four. A rectifier does not notice. The *balance* of
# the layers, which the theory of [notebook 31](31_linear_convergence.ipynb) needs, is gone, and training ends a little lower:

# %%
loss(W / 4, V * 4, X, Y), loss(*trained(W / 4, V * 4, X, Y), X, Y)

# %% [markdown]
# Is imbalance a help, then? It is a change of clock. In the rescaled weights the first layer moves sixteen times as fast as before, the second sixteen
# times as slowly. Undo that with a rate for each layer, and the run is the old one, step by step. Here is one step, compared layer by layer:

# %%
[np.allclose(4 * step(W / 4, V * 4, X, Y, 0.3 / 16)[0], step(W, V, X, Y, 0.3)[0]),
 np.allclose(step(W / 4, V * 4, X, Y, 0.3 * 16)[1] / 4, step(W, V, X, Y, 0.3)[1])]

# %% [markdown]
# In this way the notebook goes on: change one thing, leave the rest, compare the end. From here on the network has two hidden layers of 64 rectifiers.
# It starts from the random weights of He et al. and learns 500 handwritten digits of $10\times10$ pixels, at rate 0.1 and in minibatches of 25.

# %% tags=["parameters"]
seed = 0  # in [0, 4294967295]: seed of every random draw
seeds = 5  # in [3, 50]: independent splits of the digits, starts and orders
images = 500  # in [100, 2000]: digits to train on
batch = 25  # in [1, 100]: digits a step
steps = 800  # in [200, 20000]: steps of descent
rate = 0.1  # in [1e-3, 1]: learning rate eta
widths = [64, 64]  # each of 2 or more in [8, 256]: units of the hidden layers
deeper = [48, 48, 48, 48]  # each of 3 or more in [8, 256]: those of the second network
small = [8, 8]  # each of 2 or more in [3, 16]: units where the Hessian is diagonalized
small_steps = 200  # in [40, 1000]: its steps of descent, on 200 digits of 7 x 7 pixels

# %% tags=["hide-input"]
from lib.suite.claims import Ledger

ledger = Ledger("00_one_network", globals())  # reads and checks the parameters

from lib.data import shrink, small_digits
from lib.practice import networks
from lib.statistics import largest, mean, smallest
from lib.suite import figures
from lib.synthesis import changes, mechanisms

import pandas as pd
import torch

figures.style()
rng = np.random.default_rng([seed, seeds])

# %% [markdown]
# `lib` takes the same step for any number of layers and seeds. Here for the ten units above, whose biases are 0:

# %%
ten = networks.Network(
    (torch.tensor(W)[None], torch.tensor(V)[None]),
    (torch.zeros(1, 10).double(), torch.zeros(1, 2).double()),
)
np.allclose(
    networks.loss_gradient(ten, torch.tensor(X), torch.tensor(Y)).weights[0],
    (W - step(W, V, X, Y, 0.3)[0]) / 0.3,
)

# %% [markdown]
# ## 1. Without noise, without learned signs, without balance
#
# Three reasons for success are often given. Minibatches are *noisy*, and noise shakes descent out of bad places
# ([11](11_optimization_challenges.ipynb), [57](57_minibatches.ipynb)). Training finds the right *signs* of the weights
# ([56](56_lottery_tickets.ipynb)). Layers that start in *balance*, with equally large weights into and out of each unit, nearly stay so, and proofs
# rest on it ([31](31_linear_convergence.ipynb), [32](32_balancedness.ipynb)). Take each away:
#
# * all digits at every step, for as many steps;
# * every weight keeps the sign that it was drawn with, and stops at zero where it would lose it;
# * the same function in other weights: the first layer multiplied or divided by four and the second the other way round, or all units in exact balance.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 00.1a | Without the noise of minibatches the network ends at practically the same training loss | mean ln(loss at the end / loss of the unchanged network) ≤ 0.25 | ours; training lowers ln(loss) by six | Ours |
# | 00.1b | With the sign of every weight held the network ends at practically the same training loss | mean ln(loss at the end / loss of the unchanged network) ≤ 0.35 | ours; training lowers ln(loss) by six | Ours |
# | 00.1c | With its balance changed, in any of three ways, the network ends at practically the same training loss or a lower one | largest upper end of the 95% intervals of the mean ln(loss at the end / loss of the unchanged network) ≤ 0.25 | ours, as for the noise | Ours |
#
# All changed networks descend side by side, for every seed. Their training loss at the end and their accuracy on other digits, as means over the seeds:

# %%
def drawn(hidden, side=10, images=images):
    """Digits of side x side pixels in `seeds` splits, with a network on each."""
    pixels, labels = small_digits()
    return mechanisms.draw_task(
        shrink(pixels, side), labels, hidden,
        [np.random.default_rng([seed, k]) for k in range(seeds)],
        images=images, batch=batch, steps=steps,
    )


def ends(task, runs):
    """Training loss and test accuracy at the end of each arm."""
    return pd.DataFrame({
        name: {"training loss": float(task.loss(run.network).mean()),
               "test accuracy": float(task.accuracy(run.network).mean())}
        for name, run in runs.items()
    }).T.round(4)


task = drawn(widths)
looks = [*range(0, 41, 10), *range(80, steps, 120)]
runs = changes.with_one_change(task, rate=rate, steps=steps, record=looks)
ends(task, runs)

# %% [markdown]
# None of the three is needed here. Dividing the first layer by four even helps. The model above says what changes: the first layer runs faster and the
# second more slowly. A rate for each layer undoes such a change of clock (00.5b). Multiplying the first layer by four, as large an imbalance, costs
# four points of accuracy on other digits. What counts is how fast each layer moves, rather than balance. And minibatches are cheap rather than good: if
# the same number of images is seen in steps of all 500 at once, about ninety times the loss is left (00.5a).

# %%
ledger.judge({
    "00.1a": mean(changes.log_change(task, runs, "no noise")),
    "00.1b": mean(changes.log_change(task, runs, "signs held")),
    "00.1c": largest(changes.upper_ends(task, runs, changes.BALANCES), of=seeds),
})

# %% [markdown]
# ## 2. Below the edge of stability, but not without negative curvature
#
# Cohen et al. found that descent sharpens the loss until the largest curvature stands at $2/\eta$, the *edge of stability*, and stays there. Here the
# largest curvature begins near the edge, has fallen well below it by the tenth step, and falls further as the digits are learned.
#
# The theory of saddles rests on directions in which the loss curves down ([25](25_saddles.ipynb), [26](26_escaping_saddles.ipynb)). Along the gradient
# itself it curved down at no state that was looked at (00.5d). That does not prove such directions idle. So we take them away, in a network so small
# that its Hessian can be diagonalized every twentieth step: descent may not move in any direction of negative curvature. One control may not move in as
# many random directions. The other may not move in as many that curve *up* as much: each direction of negative curvature is paired with one of nearly
# the same curvature but for the sign.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 00.2a | From the tenth step on the largest curvature stays below the edge of stability | largest η × curvature / 2 ≤ 0.75 | ours; Cohen et al. find 1 | Cohen et al. 2021 (statement, abstract) |
# | 00.2b | Without its directions of negative curvature a network ends at a far higher loss than without as many random ones, or as many that curve up as much | mean ln(loss without them / the higher of the other two) ≥ 0.2 | ours; a fifth more, at least | Ours |
#
# Three numbers on the way of the unchanged network: noise over signal, the largest curvature, and the curvature along the gradient. Noise over signal
# is the variance of a minibatch's gradient, summed over the weights, over the squared length of the full gradient. The curvatures are in units of the
# edge, $2/\eta$.

# %%
seen = {t: changes.on_the_way(task, state, t, rate, rng)
        for t, state in zip(looks, runs["as it is"].states, strict=True)}
pd.DataFrame({
    t: {name: float(x.mean()) for name, x in one.items()} for t, one in seen.items()
}).T.iloc[::2].round(2)

# %% tags=["hide-input"]
with figures.curves(
    "on_the_way",
    {"": {label: (np.array(looks) + 1, torch.stack([seen[t][key] for t in looks]))
          for key, label in (("noise", "noise / signal"),
                             ("largest", "η × largest curvature / 2"),
                             ("along", "η × curvature along the gradient / 2"))}},
    "Noise passes the signal; curvature starts near the edge of stability and falls.",
    xscale="log", yscale="log", xlabel="step + 1", ylabel="ratio",
) as axes:
    figures.level(axes[0], 1, "edge of stability; noise = signal")

# %% [markdown]
# The loss of the small network after its 200 steps, for each seed: as it is (free), and without the directions of each kind.

# %%
tiny = drawn(small, side=7, images=200)
hindered = changes.hindered(tiny, rng, rate=0.1, steps=small_steps)
pd.DataFrame(hindered).T.round(2)

# %%
stalled = hindered["without negative curvature"] / torch.maximum(
    hindered["without random directions"], hindered["without as many that curve up"])
ledger.judge({
    "00.2a": largest([seen[t]["largest"] for t in looks if t >= 10], of=seeds),
    "00.2b": mean(stalled.log()),
})

# %% [markdown]
# ## 3. Features that move, towards an end of their own
#
# In a very wide network the features hardly move, and descent is descent on the network that is *linear in its weights*: a convex problem. Is ours wide
# enough for that? We train the network that is linear in its weights on the same minibatches.
#
# And where does the way lead? At every state the gradient can be compared with the direction from the end back to this state. A positive cosine means
# that a small step of descent leads nearer to the end. That alone says little, since the way to the end is the sum of the steps. The control is an end
# that is just as good: the same trained network with its hidden units *renumbered* (00.5h).
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 00.3a | The network that is linear in its weights ends at more than twice the training loss | mean ln(its loss / loss of the unchanged network) ≥ 0.7 | ours; ln 2 is 0.69 | Ours |
# | 00.3b | At every state on the way a small step along the gradient leads nearer to the network's own end | smallest cosine of gradient and way back ≥ 0 | one negative cosine refutes it | Ours |

# %%
linear = mechanisms.linearized(task, rate=rate, steps=steps)
own = runs["as it is"].network
cosines = {
    name: torch.stack([
        mechanisms.agreement(task, s, end) for s in runs["as it is"].states
    ])
    for name, end in (("own", own), ("renumbered", mechanisms.renumbered(own, rng)))
}
pd.Series({
    "linear: training loss": linear["loss"].mean(),
    "linear: test accuracy": linear["accuracy"].mean(),
} | {
    f"cosine, {name} end": c.mean() for name, c in cosines.items()
}).astype(float).round(3)

# %% [markdown]
# So the gradient does not point to every good end. All along the way it points to the network's own end, and not to another that is just as good.

# %%
ledger.judge({
    "00.3a": mean((linear["loss"] / task.loss(own)).log()),
    "00.3b": smallest(cosines["own"], of=seeds),
})

# %% [markdown]
# The picture of the first page puts the changes side by side, together with the network whose first layer is held.

# %% tags=["hide-input"]
shown = {"noise: all digits at every step": changes.log_change(task, runs, "no noise")}
shown |= {name: changes.log_change(task, runs, name)
          for name in ("signs held", *changes.BALANCES)}
shown |= {"no negative curvature (small network)": stalled.log(),
          "linear in its weights": (linear["loss"] / task.loss(own)).log(),
          "first layer held": changes.log_change(task, runs, "first layer held")}
with figures.effects(
    "changes",
    {name: np.exp([mean(x).measured, *mean(x).interval]) for name, x in shown.items()},
    "Noise, signs, balance leave the loss or lower it; the last three raise it.",
    xscale="log", xlabel="training loss at the end / that of the network compared with",
) as axes:
    axes[0].set_xticks([0.3, 0.5, 1, 2, 5, 10], ["0.3", "0.5", "1", "2", "5", "10"])

# %% [markdown]
# ## 4. Another network
#
# Two hidden layers of 64 are a choice. A deeper network of four hidden layers learns the same digits in as many steps:
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 00.4a | A deeper network too ends at practically the same training loss without noise, with its signs held and from exact balance | largest upper end of the 95% intervals of the mean ln(loss at the end / loss of the unchanged network) ≤ 0.35 | ours, as for the signs | Ours |

# %%
deep = drawn(deeper)
others = changes.with_one_change(deep, rate=rate, steps=steps)
ends(deep, others)

# %%
ledger.judge({
    "00.4a": largest(
        changes.upper_ends(deep, others, ["no noise", "signs held", "balanced"]),
        of=seeds,
    ),
})

# %% [markdown]
# ## Reading
#
# What each mechanism would mean for this network, and what is found. The last column follows from the verdict of the row.

# %%
MECHANISMS = """
00.1a | noise frees (11, 57)        | full batch ends higher   | not needed | needed
00.1b | signs are learned (56)      | held signs hurt          | not needed | needed
00.1c | balance (31, 32)            | imbalance hurts          | not needed | needed
00.2a | edge of stability           | curvature rises to 2/η   | absent     | reached
00.2b | negative curvature (25, 26) | training stalls without  | needed     | not needed
00.3a | lazy limit                  | a linear network will do | absent     | reached
00.3b | an end of one's own         | gradients point to it    | at work    | absent
"""
pd.DataFrame([
    {"row": id, "mechanism": name, "it would mean": would,
     "here": here if ledger.judged[id][0]["verdict"] == "reproduced" else otherwise}
    for id, name, would, here, otherwise in (
        map(str.strip, line.split("|")) for line in MECHANISMS.strip().split("\n")
    )
]).set_index("row")

# %% [markdown]
# **Why does plain gradient descent train this network?** Little stands in its way, and it needs little. Of the reasons that are given, noise, learned
# signs and balance can be taken away one at a time. Features that move cannot. Nor can directions of negative curvature, in the small network, although
# in the larger one the loss curved up along every gradient that was looked at.
#
# **Limits.** One data set, rectifiers, cross-entropy, and 500 digits that are learned to the last. Tanh networks with the squared loss reach the edge
# of stability and stay there ([27](27_edge_of_stability.ipynb)). The Hessian is diagonalized on a network of a few hundred weights, which is compared
# after 200 steps, before it has learned the digits. Its negative directions are forbidden for twenty steps at a time: the row shows that they are
# needed, and not that descent follows them. "Nearly as low" speaks of the training loss after this many steps. Accuracy on other digits is reported and
# not explained.
#
# **Try.** `steps = 400`: in the deeper network the first layer, multiplied by four, moves sixteen times as slowly, and one seed is still on its way.
# `rate = 0.8`: the first steps are a catapult ([32](32_balancedness.ipynb)). `widths = [256, 256]`: the linear network comes nearer.
#
# ## 5. Checks
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 00.5a | *control:* As many images seen in steps of all at once leave a far higher loss | mean ln(loss / loss of the unchanged network) ≥ 1 | ours; noise is cheap, not useless | Ours |
# | 00.5b | With a rate for each layer the unbalanced network walks the way of the unchanged one | largest relative difference of the losses ≤ 1e-9 | rounding over a hundred steps | Ours |
# | 00.5c | Halving the rate halves the drift of the balance of units | mean drift at η/2 / drift at η/4 = 2 ± 0.4 | first order in the rate | Du, Hu and Lee 2018 (statement, abstract) |
# | 00.5d | Along its gradient the loss curves up at every state on the way | smallest η × curvature / 2 ≥ 0 | one that curves down refutes it | Ours |
# | 00.5e | *control:* From a quarter of He's start the loss curves down along the gradient on part of the plateau | mean share of states ≥ 0.25 | ours; a plateau is left so | Ours |
# | 00.5f | *control:* The drift of the matrix balance does not depend on the rate | mean drift at η/2 / drift at η/4 = 1 ± 0.05 | rectifiers do not keep it | Ours |
# | 00.5g | Renumbered, rescaled and balanced networks are the same function | largest difference of the losses ≤ 1e-10 | rounding of sums | Ours |
# | 00.5h | *control:* Gradients do not point to the network's own end with its units renumbered | mean cosine ≤ 0.2 | ours; chance gives none | Ours |
# | 00.5i | He's start gives every layer the same mean square, twice that of the pixels | mean over the layers, divided by its prediction = 1 ± 0.6 | ours; ten scores make it scatter, and half the variance would give 0.3 | He et al. 2015 (statement, recalled) |
# | 00.5j | The network that is linear in its weights reads other digits less well | mean difference of the accuracies ≤ -0.01 | ours; one point at least | Ours |

# %%
plateau = changes.plateau_states(task, 1 / 4, rate=rate, steps=200, height=1.6)
ledger.judge({
    "00.5a": mean(changes.log_change(task, runs, "no noise, as many images")),
    "00.5b": largest(changes.clock_gap(task, rate=rate).abs(), rounding=True),
    "00.5c": mean(changes.drift_ratio(task, mechanisms.unit_balance, rate=rate)),
    "00.5d": smallest([seen[t]["along"] for t in looks], of=seeds),
    "00.5e": mean(changes.downward(task, plateau)),
    "00.5f": mean(changes.drift_ratio(task, mechanisms.matrix_balance, rate=rate)),
    "00.5g": largest(changes.same_functions(task, own, rng).abs(), rounding=True),
    "00.5h": mean(cosines["renumbered"].mean(0)),
    "00.5i": mean(changes.layer_scales(task).mean(0)),
    "00.5j": mean(linear["accuracy"] - task.accuracy(own)),
})

# %% [markdown]
# The plateau of 00.5e: the number of states on it, and the share of them at which the loss curves down along its gradient, seed by seed.

# %%
len(plateau), changes.downward(task, plateau).round(decimals=2).tolist()

# %%
ledger.conclude()

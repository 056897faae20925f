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
# # From the identity, the determinant's sign decides which maps descent learns
#
# ![verdict](../figures/36_identity_initialization/verdict.svg)
#
# **Question.** If every layer starts as the identity, as in a residual network, which linear maps can gradient descent learn?
#
# **Answer.** Far more than the theorems promise: of 240 random targets, at small steps, all of positive determinant and none of negative. Each eigenvalue of a normal
# target moves straight from 1 to its goal. If the last layer starts at zero instead, all are learned.
#
# ![eigenvalues on their chords in the complex plane](../figures/36_identity_initialization/key.svg)
#
# Ten eigenvalues of the product of the layers on their way from 1 to their goals, in the complex plane. Dashed: the chords, straight lines from 1 to the goals. Only a
# chord through 0 is fatal.
#
# *Source:* Bartlett, Helmbold and Long 2018, *Gradient descent with identity initialization efficiently learns positive
# definite linear transformations by deep residual networks* ([arXiv:1802.06093](https://arxiv.org/abs/1802.06093)). The start with a zero layer:
# Wu, Wang and Ma 2019 ([arXiv:1911.00645](https://arxiv.org/abs/1911.00645)).
#
# Before: [35](35_exact_dynamics.ipynb) · Next: [37](37_acceleration.ipynb) · [symbols](../NOTATION.md)

# %% [markdown]
# ## The model in ten lines
#
# $L$ layers start as the identity and are to multiply to $\Phi$; the loss is $\frac12\|W_L\cdots W_1-\Phi\|_F^2$. The identity commutes with everything. So if $\Phi$
# is symmetric, or normal (orthogonal eigenvectors), all layers stay equal and keep the eigenvectors of $\Phi$, and each eigenvalue $\lambda$ is a problem in one
# complex number $x$.

# %%
import numpy as np


def walk(lam, L=3, eta=0.01, every=40, records=9):
    """The product's eigenvalue x^L at the start, and after each `every` steps."""
    x, seen = 1.0, [1.0]
    for _ in range(records - 1):
        for _ in range(every):
            x = x - eta * x.conjugate() ** (L - 1) * (x**L - lam)
        seen.append(x**L)
    return seen


def along(seen, lam):
    """Where each point lies on the way from 1 to lam, as a complex share of the way."""
    return [complex(np.round((w - 1) / (lam - 1), 2)) + 0 for w in seen]  # no -0

# %% [markdown]
# A goal at an angle of 143° from the positive axis, $\lambda=e^{2.5i}$. As a share of the way, the product's eigenvalue is

# %%
along(walk(np.exp(2.5j)), np.exp(2.5j))

# %% [markdown]
# The imaginary parts vanish: it moves on the straight line, slowly in the middle, where this passes near 0. Now $\lambda=-1$, whose straight line meets 0:

# %%
[round(w, 2) for w in walk(-1, every=400)]

# %% [markdown]
# It is held at 0. So much for layers that are all equal. Let the last one start at 0, all others at 1, and nothing is in the way:

# %%
def escape(lam, L=3, eta=0.01, steps=2000):
    """The product after so many steps from L - 1 layers 1 and a last layer 0."""
    a, b = 1.0, 0.0
    for _ in range(steps):
        error = a ** (L - 1) * b - lam
        a, b = a - eta * error * a ** (L - 2) * b, b - eta * error * a ** (L - 1)
    return a ** (L - 1) * b


round(escape(-1), 6)

# %% [markdown]
# What follows asks how fast the line is travelled, what becomes of targets that are not normal, and what the devices that the theorems use are worth.

# %% tags=["parameters"]
seed = 0  # in [0, 4294967295]: seed of every random draw
depths = [2, 3, 4, 8]  # each in [2, 16]: depths L of sections 1 and 2
conditions = [4, 8, 16, 32, 64]  # each of 2 or more in [2, 100]: condition numbers of section 1
halvings = 5  # in [4, 8]: cos(theta/2) = 0.2, 0.1, ... of section 2
normal_count = 60  # in [20, 1000]: normal targets of section 2
generic = 240  # in [60, 5000]: generic targets of section 3
symmetric = 20  # in [10, 500]: symmetric targets of section 4
positive = 60  # in [20, 500]: targets with u'Phi u > 0 of section 4
distances = [0.3, 0.49, 0.6, 0.8, 1.2]  # each in [0.05, 1.3]: |Phi - I| of the checks

# %% tags=["hide-input"]
from lib.suite.claims import Ledger

ledger = Ledger("36_identity_initialization", globals())  # checks the parameters

from lib import linear_networks as ln
from lib.statistics import largest, mean, median, share, smallest
from lib.suite import figures
from lib.trajectories import exact_dynamics as ed, identity_start as ids

import pandas as pd
import torch

figures.style()
rng = np.random.default_rng(seed)

# %% [markdown]
# `lib` walks the same line, for many eigenvalues at once:

# %%
bool(np.allclose(walk(-1), ed.equal_layers_descent(
    1.0, -1.0, 3, learning_rate=0.01, record=range(0, 321, 40))))

# %% [markdown]
# ## 1. Positive definite targets: how fast?
#
# All eigenvalues are positive, no chord meets 0, and descent at small steps must converge. Near the end an eigenvalue $\lambda$ contracts by $1-\eta L\lambda^{2-2/L}$
# per step, and the largest stable step is set by $\lambda_{\max}$. At $\eta=\frac1{2L}\lambda_{\max}^{-(2-2/L)}$ the slowest eigenvalue therefore needs
#
# $$\text{steps per e-fold}\;\propto\;\kappa^{2-2/L},\qquad\kappa=\lambda_{\max}/\lambda_{\min}.$$
#
# The paper's bound is polynomial in $L$ and $\kappa$. At this step size $L$ enters through the power of $\kappa$ alone, which lies between 1 and 2.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 36.1a | Steps per e-fold of the loss grow as κ^(2−2/L) on positive definite targets, at every depth | largest distance of exponent / (2 − 2/L) from 1 ≤ 0.04 | at κ = 4 a step contracts by too much for the power law | Ours, after Bartlett et al. 2018 (abstract) |
#
# We count the steps that the loss takes from $10^{-10}$ to $10^{-20}$, at eigenvalues $\kappa^{-1/2},1,\kappa^{1/2}$. Steps per e-fold (a fall of the loss by a factor
# $e$), for each $\kappa$:

# %%
efold = {L: np.array([ids.steps_per_efold(k, L) for k in conditions]) for L in depths}
pd.DataFrame({f"L = {L}": efold[L][:, 0] for L in depths}, index=conditions).round(1)

# %% [markdown]
# Each depth on a line of its predicted slope:

# %% tags=["hide-input"]
def on_slopes(L):
    """Condition numbers; steps per e-fold, and a line of the predicted slope."""
    x, y = np.sort(conditions), np.sort(efold[L][:, 0])
    return x, y, y[-1] * (x / x[-1]) ** (2 - 2 / L)


with figures.curves(
    "definite", {"": {f"L = {L}": on_slopes(L) for L in depths}},
    "Steps per e-fold against condition number, on lines of slope 1 to 1.75.",
    prediction=r"slope $2-2/L$", xscale="log", yscale="log", width=6.5,
    xlabel=r"condition number $\kappa$", ylabel="steps per e-fold of the loss",
):
    pass

# %%
ledger.judge({
    "36.1a": largest([
        abs(np.polyfit(np.log(conditions), np.log(efold[L][:, 0]), 1)[0]
            / (2 - 2 / L) - 1) for L in depths
    ]),
})

# %% [markdown]
# ## 2. The chord law
#
# Now let $\lambda$ be complex. For small steps the product's eigenvalue $w=x^L$ obeys
#
# $$\dot w=-L\,|w|^{2-2/L}\,(w-\lambda).$$
#
# The last factor points from $\lambda$ to $w$, and what stands before it is a negative number: $w$ moves **on the straight line from 1 to $\lambda$**, slowly where
# the line passes close to 0. It gets there unless the line meets 0, which takes a $\lambda$ that is real and not positive. The theorem's premise, $u^\top\Phi u>0$ for
# every $u$, asks for more: that $\lambda$ lies less than 90° from the positive axis.
#
# For a rotation by $\theta$ the chord passes 0 at the distance $c=\cos(\theta/2)$, and time is an integral along it. The delay near 0 grows as
# $c^{-(1-2/L)}$, at $L=2$ as $2\ln(1/c)$ in units of $1/L$.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 36.2a | The steps to a rotation follow the integral along the chord, at every depth | largest relative distance ≤ 0.02 | step size 0.02/L makes 1% | Ours |
# | 36.2b | Eigenvalues of whole matrices stay close to their chords, for normal targets | largest distance ≤ 0.005 | half of the control's least, 0.01 | Ours |
#
# Steps times $\eta L$ until rotations with smaller and smaller $c$ are learned, measured and predicted:

# %%
cosines = 0.2 * 0.5 ** np.arange(halvings)
delays = {L: ids.rotation_delays(cosines, L) for L in depths}
pd.DataFrame({(f"L = {L}", kind): delays[L][j] * 0.02 for L in depths
              for j, kind in enumerate(("steps", "integral"))},
             index=cosines.round(4)).rename_axis("c").round(1)

# %% tags=["hide-input"]
with figures.curves(
    "delay",
    {"": {f"L = {L}": (cosines, delays[L][0] * 0.02, delays[L][1] * 0.02)
          for L in depths}},
    "Steps against the chord's distance from zero, on the integral.",
    prediction="integral along the chord", xscale="log", yscale="log", width=6.5,
    xlabel="c, distance of the chord from 0", ylabel=r"steps $\times\,\eta L$",
) as axes:
    axes[0].minorticks_off()
    axes[0].set_xticks(cosines, [f"{c:.3g}" for c in cosines])
    axes[0].invert_xaxis()

# %% [markdown]
# Whole matrices: normal 4 × 4 targets with two pairs of eigenvalues each, at angles up to 166°, three layers. Descent should leave the chord by an amount proportional
# to the step; the largest distance of all, at two step sizes:

# %%
goals = rng.uniform(0.5, 1.5, (normal_count, 2)) * np.exp(
    1j * rng.uniform(0.3, 2.9, (normal_count, 2)))
normal = ids.normal_targets(goals, rng)
paths = {eta: ids.eigenvalue_paths(*normal, 3, eta) for eta in (0.02 / 3, 0.01 / 3)}
off = [ids.chord_distance(paths[eta], goals).amax((0, 2)) for eta in paths]
[round(float(far.max()), 4) for far in off]

# %% [markdown]
# Ten of these eigenvalues at the larger step, labelled by their goals:

# %% tags=["hide-input"]
def on_chord(j, k):
    """Real and imaginary parts of a path, and the chord above the same real parts."""
    path, goal = paths[0.02 / 3][:, j, k].numpy(), goals[j, k]
    chord = (path.real - 1) * goal.imag / (goal.real - 1)
    return path.real, path.imag, chord


with figures.curves(
    "key",
    {"": {f"{goals[j, k]:.1f}": on_chord(j, k) for j in range(5) for k in (0, 1)}},
    "Eigenvalues move on straight lines from 1 to their goals in the complex plane.",
    prediction="chord", xlabel="real part", ylabel="imaginary part",
    width=7, height=4.4,
) as axes:
    axes[0].plot([1, -1.4], [0, 0], "k:", label="fatal: through 0")
    axes[0].plot(0, 0, "ko", ms=6, mfc="white")

# %%
ledger.judge({
    "36.2a": largest([np.abs(delays[L][0] / delays[L][1] - 1) for L in depths],
                     of=halvings),
    "36.2b": largest(off[1]),
})

# %% [markdown]
# ## 3. Which targets, in general
#
# A generic target is not normal, and the chord law is not exact. One obstacle remains: the product starts with determinant 1. While the layers stay balanced its
# determinant does not pass through zero, so a target of negative determinant should be out of reach, and the best that is left is to lose its weakest singular value:
# loss $\frac12\sigma_{\min}^2$. It is the barrier of [notebook 33](33_deficiency_margin.ipynb) and of the square targets of [notebook 35](35_exact_dynamics.ipynb).
# All other targets could be reached; are they?
#
# Is the identity to blame? Rather that the start is in balance and of full rank. Wu, Wang and Ma start all layers but the last as the identity and the last one at
# zero, so that it is neither, and prove that this *zero-asymmetric* start learns every target.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 36.3a | From the identity descent learns targets of positive determinant, at depth 3 and 4 | share ≥ 0.9 | slow exceptions near determinant 0 | Ours |
# | 36.3b | From the identity descent learns no target of negative determinant, at depth 3 and 4 | share ≤ 0.05 | a slip through zero takes longer | Ours |
# | 36.3c | With the last layer zero descent learns the targets of negative determinant, too | share ≥ 0.95 | the theorem leaves no exception | Wu, Wang and Ma 2019 (statement, abstract) |
#
# Targets are 3 × 3 with random singular vectors and singular values in $[0.5,1.5]$. Descent is not the flow: each step unbalances the layers a little, and at $L=3$
# this lets the product slip through zero after a wait that grows as the step shrinks. So the step at $L=3$ is $0.02/3$ (check 36.5h looks at a step twelve times as
# large). The shares that are learned within 6,000 steps:

# %%
targets = ln.rotated(torch.from_numpy(rng.uniform(0.5, 1.5, (generic, 3))), rng)
negative = torch.linalg.det(targets) < 0
rates = {3: 0.02 / 3, 4: 0.3 / (4 * 1.5**1.5)}
whole = {L: ids.reach(targets, L, learning_rate=rates[L], steps=6000) for L in rates}
free = {
    L: ids.reach(targets, L, learning_rate=rates[L], steps=6000,
                 start=ids.zero_asymmetric_weights(targets, L))
    for L in rates
}
pd.DataFrame({
    (f"L = {L}", sign): [float(run[L][0][negative == flag].double().mean())
                         for run in (whole, free)]
    for L in rates for sign, flag in (("det > 0", False), ("det < 0", True))
}, index=["identity", "last layer zero"]).round(3)

# %% [markdown]
# Every target by its determinant and by the smallest value of $u^\top\Phi u$. The theorem speaks of the part above the line; what is learned from the identity is
# everything to the right of 0.

# %% tags=["hide-input"]
fig, (ax,) = figures.panels(1, width=6.5)
[figures.measured(ax, torch.linalg.det(targets)[hit], ids.positivity(targets)[hit],
                  name, joined=False, alpha=0.6)
 for name, hit in (("learned, L = 3", whole[3][0]), ("held", ~whole[3][0]))]
figures.level(ax, 0, r"premise: $u^\top\Phi u>0$", theory=False)
ax.set(xlabel=r"$\det\,\Phi$", ylabel=r"smallest $u^\top\Phi u$")
figures.save(fig, "generic", "targets right of determinant 0 are learned; others held")

# %%
ledger.judge({
    "36.3a": share([whole[L][0][~negative] for L in rates],
                   groups=[torch.arange(generic)[~negative]] * len(rates)),
    "36.3b": share([whole[L][0][negative] for L in rates],
                   groups=[torch.arange(generic)[negative]] * len(rates)),
    "36.3c": share([free[L][0][negative] for L in rates],
                   groups=[torch.arange(generic)[negative]] * len(rates)),
})

# %% [markdown]
# ## 4. The devices of the theorems
#
# For targets with $u^\top\Phi u>0$ for all $u$, symmetric or not, the paper has an algorithm, **power projection**. After every step: project the product
# on $\{A:u^\top Au\ge\gamma|u|^2\}$ (raise the eigenvalues of its symmetric part to $\gamma$), then factor it anew, $A=RP$ being the polar
# decomposition, into layers $W_j=R^{1/L}\,R^{(j-1)/L}\,P^{1/L}\,R^{-(j-1)/L}$ that all have the same singular values. What is it worth?
#
# The paper also has a negative result, about every method that takes a gradient step and then, if it likes, moves each layer toward the identity or projects it on a
# ball around it. For a symmetric $\Phi$ with eigenvalue $-\lambda<0$ all layers stay equal. At even depth the eigenvalue of the product is an even power and cannot be
# negative, whatever the step: no experiment is needed. At odd depth it could be, but with steps $\eta<1/(1+\lambda)$ it approaches zero and never leaps over it.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 36.4a | Inside the premise plain descent takes as many steps as power projection | mean ratio 1 ± 0.05 | ours: "as many" is 5% | Ours |
# | 36.4b | At depth 3 no regularizer toward the identity gets a symmetric target below λ²/2, at steps up to 0.2 | smallest lowest loss / (λ²/2) ≥ 1 | one below refutes it | Bartlett et al. 2018 (statement, abstract) |
#
# First the algorithm: targets $S+K$, $S$ with eigenvalues in $[0.3,1.5]$, $K$ skew, $L=3$, $\gamma=0.1$. The share of steps in which its projection changed anything:

# %%
inside = ids.from_parts(
    torch.from_numpy(rng.uniform(0.3, 1.5, (positive, 4))), 0.5, rng)
arrival = ids.projection_against_plain(inside, 0.1, 800)
arrival[2]

# %% [markdown]
# It hardly ever does. Now fifteen members of the class that fails: no regularizer, shrinking toward $I$ by 1% and 10% a step, clipping to the ball of radius 0.3 and
# 0.9, each at three step sizes. The targets are diagonal, since in a rotated basis rounding alone would break the symmetry between the layers (notebook 33). The
# lowest loss in 500 steps divided by $\frac12\lambda^2$, the least over all targets:

# %%
mixed = torch.from_numpy(rng.uniform([-1.2, 0.3, 1], [-0.3, 1, 2], (symmetric, 3)))
odd = {
    (name, eta): ids.lowest_over_bound(
        mixed, 3, learning_rate=eta, retraction=member, steps=500)
    for name, member in ids.members_of_the_class().items() for eta in (0.01, 0.05, 0.2)
}
pd.Series({key: float(odd[key].min()) for key in odd}).unstack().round(4)

# %%
ledger.judge({
    "36.4a": mean((arrival[0] / arrival[1])[arrival[0].isfinite()]),
    "36.4b": smallest(odd, of=symmetric, digits=6),
})

# %% [markdown]
# ## Reading
#
# **The premise is sufficient and far from needed.** The theorem asks for $u^\top\Phi u>0$. What descent asks for is that the way from $I$ does not lead through a
# singular matrix. For normal targets that is the chord law, exact in the limit of small steps. For generic targets the sign of the determinant decides, in 240 of 240
# cases at both depths; only about one in twenty of them meets the premise (36.5g).
#
# **The barrier comes with balance, not with the identity.** Other balanced starts meet it too ([notebook 33](33_deficiency_margin.ipynb)). A last layer of zero gives
# every layer but one a gradient of zero at first, and the flow keeps the imbalance of this start. Nothing then stops the determinant from changing sign, and all
# targets of negative determinant are learned.
#
# **The power projection is a device of the proof.** On targets inside the premise plain descent needs the same number of steps to within 5%, and the projection acts
# in fewer than one of 200 steps (36.5r). Outside the premise it does harm: its products stay in the set, so it cannot learn targets that plain descent learns (36.5n),
# and it does not always end even at the nearest point (36.5m).
#
# **The negative result** is exact, and its class is narrow: it needs layers that are equal to the last bit. At even depth it is an identity, and noise of 0.1 on the
# start removes the obstacle (36.5k). At odd depth a step larger than $1/(1+\lambda)$ leaps over zero (36.5j).
#
# **Limits.** The body of the first paper was not read: its algorithm is quoted from memory, and may differ in order or constants. Inputs are isotropic. "Negative
# determinant fails" is a statement about the flow, and about descent within a budget: at $L=3$ and step 0.08 nearly all of these targets are reached in 6,000 steps
# (36.5h).
#
# **Try.** `distances = [0.3, 0.6, 0.8, 1.3]`: a few targets now come close to determinant 0, and all rows hold. `conditions = [2, 4, 8]`: 36.1a
# fails, since a step that contracts by so much is not yet in the power law. `halvings = 8`: the exponents agree to four digits.

# %% [markdown]
# ## 5. Checks
#
# First sections 1 and 2: the scalar line speaks for whole matrices; the delay has the powers that the integral predicts; eigenvalues of targets that are not normal
# leave the chord.
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 36.5a | Whole matrices in random bases end where the scalar line does | largest difference ≤ 1e-10 | rounding of 300 steps | Bartlett et al. 2018 (statement, recalled) |
# | 36.5b | The late decay per step is 1 − ηLλ_min^(2−2/L) on positive definite targets | largest relative distance ≤ 0.02 | 1e-10 is not yet the limit | Ours |
# | 36.5c | The delay of rotations grows as c^−(1−2/L), at depth 3 and more | largest distance of the exponent from 1 − 2/L ≤ 0.02 | read off the smallest two c | Ours |
# | 36.5d | Whole matrices leave the chord by an amount that halves with the step | mean ratio 2 ± 0.1 | first order in the step | Ours |
# | 36.5e | Normal targets with angles up to 166° are learned | share ≥ 0.9 | none should fail; 60 targets reach 0.94 at best | Ours |
# | 36.5f | *control:* With oblique eigenvectors eigenvalues leave the chord | smallest distance ≥ 0.01 | twice the bound of 36.2b | Ours |

# %%
ledger.judge({
    "36.5a": largest([ids.scalar_mismatch(L, rng) for L in depths], of=10,
                     rounding=True),
    "36.5b": largest([abs(efold[L][:, 0] / efold[L][:, 1] - 1) for L in depths]),
    "36.5c": largest([
        abs(np.log2(np.divide(*np.diff(delays[L][0])[:-3:-1])) - 1 + 2 / L)
        for L in depths if L > 2
    ], of=halvings),
    "36.5d": mean(off[0] / off[1]),
    "36.5e": share(np.abs(paths[0.01 / 3][-1].numpy() - goals).max(-1) < 1e-3),
    "36.5f": smallest(ids.sheared_stray(goals[:, 0], 3, 0.01 / 3)),
})

# %% [markdown]
# Then sections 3 and 4: how few generic targets meet the premise, where the others are held, what a large step does, the negative result at even depth, and what
# escapes it. The leap is tried on targets with eigenvalue $-1.2$, at a step of 0.55.
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 36.5g | Few of the generic targets meet the theorem's premise u'Φu > 0 | share ≤ 0.2 | ours: "few" is a fifth | Ours |
# | 36.5h | At depth 3 a large step, 0.08, gets across to targets of negative determinant | share ≥ 0.8 | most slip through within the budget | Ours |
# | 36.5i | Targets of negative determinant are held at σ_min²/2, at depth 3 and 4 | median loss / (σ_min²/2) 1 ± 0.02 | the mean is moved by single slow runs | Ours |
# | 36.5j | *control:* At depth 3 a step of 0.55 leaps zero and gets below λ²/2 | share ≥ 0.8 | 20 targets reach 0.84 at best | Ours |
# | 36.5k | *control:* Starts off the identity by 0.1 get below half of λ²/2, at depth 2 and 4 | share ≥ 0.8 | 20 targets reach 0.84 at best | Ours |
# | 36.5l | *identity:* At even depth no member of the class gets below λ²/2 | smallest lowest loss / (λ²/2) ≥ 1 | an even power is not negative | Bartlett et al. 2018 (statement, abstract) |

# %%
def even(**options):
    """Lowest losses over their bound at depth 2 and 4."""
    return [ids.lowest_over_bound(mixed, L, **options) for L in (2, 4)]

# %%
ledger.judge({
    "36.5g": share(ids.positivity(targets) > 0),
    "36.5h": share(ids.reach(targets[negative], 3, learning_rate=0.08, steps=6000)[0]),
    "36.5i": median([
        (whole[L][1] / torch.linalg.svdvals(targets)[:, -1] ** 2 * 2)[negative]
        for L in rates
    ], groups=[torch.arange(generic)[negative]] * len(rates)),
    "36.5j": share(ids.lowest_over_bound(torch.from_numpy(
        rng.uniform([-1.2, 0.3], [-1.1, 0.9], (symmetric, 2))), 3,
        learning_rate=0.55, steps=100) < 0.5),
    "36.5k": share([x < 0.5 for x in even(learning_rate=0.1, noise=0.1, rng=rng)],
                   groups=[[*range(symmetric)]] * 2),
    "36.5l": smallest([
        found for member in ids.members_of_the_class().values()
        for found in even(learning_rate=0.05, retraction=member, steps=300)
    ], of=symmetric, digits=6),
})

# %% [markdown]
# Next the power projection. It projects on the nearest point $P$ of a convex set, which is to say that $P$ lies in the set and $\langle\Phi-P,B-P\rangle\le0$ for
# every $B$ of the set. Outside the premise one eigenvalue of the symmetric part is made negative, and targets of determinant above 0.2 are kept.
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 36.5m | Outside the premise power projection does not end at the nearest point of its set | largest loss / half the squared distance ≥ 1.1 | a tenth is no rounding | Ours |
# | 36.5n | *control:* Outside the premise plain descent learns targets of positive determinant | share ≥ 0.8 | slow exceptions near determinant 0 | Ours |
# | 36.5o | No random point of the set is nearer to a target than its projection, which lies in the set | largest ⟨Φ − P, B − P⟩ and γ − u'Pu ≤ 1e-9 | the inequality of a nearest point, and rounding | Ours |
# | 36.5p | The factors of power projection multiply to the product, are balanced, and turn by 1/L of R | largest distance ≤ 1e-10 | rounding of a dozen products | Bartlett et al. 2018 (statement, recalled) |
# | 36.5q | Inside the premise power projection reaches loss 1e-8 | share ≥ 0.9 | none should fail; 60 targets reach 0.94 at best | Bartlett et al. 2018 (statement, abstract) |
# | 36.5r | Inside the premise the projection acts in few of all steps | share of steps ≤ 0.005 | ours: "few" is one in 200 | Ours |

# %%
beyond = ids.from_parts(torch.from_numpy(rng.uniform(
    [-0.8, 0.3, 0.3, 0.3], [-0.2, 1.5, 1.5, 1.5], (2 * positive, 4))), 0.8, rng)
beyond = beyond[torch.linalg.det(beyond) > 0.2]


ends = ids.outside_premise(beyond, 0.1)
ledger.judge({
    "36.5m": largest(ends[0]),
    "36.5n": share(ends[1]),
    "36.5o": largest(ids.nearest_point_gaps(beyond, 0.1, 200, rng), of=len(beyond)),
    "36.5p": largest(ids.factor_gaps(inside, 3), of=positive, rounding=True),
    "36.5q": share(arrival[0].isfinite()),
    "36.5r": largest([arrival[2]], of=positive),
})

# %% [markdown]
# Last, near the identity there is another theorem: by Arora and others 2018 ([notebook 31](31_linear_convergence.ipynb)) what is needed are balanced layers, which the
# identity has, and a positive deficiency margin, here $\sigma_{\min}(\Phi)-|\Phi-I|_F$, which is positive whenever $|\Phi-I|_F<\frac12$. We draw $\Phi=I+r\times$(a
# unit Gaussian direction), 5 × 5, $L=3$. We ask for the shares with a margin and the shares that are learned:
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 36.5s | *identity:* Targets nearer than 1/2 have a positive margin | share ≥ 1 | σ_min ≥ 1 − r | Arora et al. 2018 (statement, read) |
# | 36.5t | Most targets between 1/2 and 0.75 have a margin, too | share ≥ 0.8 | the bound is for the worst direction | Ours |
# | 36.5u | Targets farther than 0.75 rarely have a margin | share ≤ 0.2 | ours: "rarely" is a fifth | Ours |
# | 36.5v | Targets without a margin are learned all the same | share ≥ 0.95 | sufficient, not necessary | Ours |
# | 36.5w | Targets at every distance of the list are learned | smallest share ≥ 0.95 | 200 targets reach 0.98 at best | Ours, after Arora et al. 2018 (read) |

# %%
around_identity = {
    r: ids.margin_and_arrival(r, 200, 5, rng) for r in distances}
pd.DataFrame({r: [float(x.double().mean()) for x in around_identity[r]]
              for r in distances}, index=["margin", "learned"])

# %% [markdown]
# The margin is gone at 1.2, and descent does not notice.

# %%
ledger.judge({
    "36.5s": share([around_identity[r][0] for r in distances if r < 0.5], sample=False),
    "36.5t": share([around_identity[r][0] for r in distances if 0.5 < r < 0.75]),
    "36.5u": share([around_identity[r][0] for r in distances if r > 0.75]),
    "36.5v": share([around_identity[r][1][~around_identity[r][0]] for r in distances]),
    "36.5w": smallest([x[1].double().mean() for x in around_identity.values()], of=200),
})

# %%
ledger.conclude()

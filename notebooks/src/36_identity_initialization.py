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
# # From the identity, descent reaches every target that it can reach without crossing zero
#
# ![verdict](../figures/36_identity_initialization/verdict.svg)
#
# **Question.** If every layer starts as the identity, as in a residual network, which linear maps can gradient descent learn?
#
# **Answer.** Far more than the theorems promise. For normal targets each eigenvalue of the product moves straight from 1 to its goal,
# and only a chord through 0 is fatal. For generic targets the sign of the determinant decides: positive, and descent converged in
# every run; negative, and it is held at $\frac12\sigma_{\min}^2$. Fewer than one in ten of these targets satisfy $u^\top\Phi u>0$, and the
# projections that were invented for those hardly ever act.
#
# ![eigenvalues on their chords in the complex plane](../figures/36_identity_initialization/key.svg)
#
# *The claim:* Bartlett, Helmbold and Long 2018, *Gradient descent with identity initialization efficiently learns positive
# definite linear transformations by deep residual networks* ([arXiv:1802.06093](https://arxiv.org/abs/1802.06093)): abstract
# read, theorems and algorithm recalled. Section 6: Arora, Cohen, Golowich and Hu 2018
# ([arXiv:1810.02281](https://arxiv.org/abs/1810.02281)).

# %% [markdown]
# ## Setting
#
# $L$ square layers, $W_1=\dots=W_L=I$ at the start, $\ell=\frac12\|W_L\cdots W_1-\Phi\|_F^2$, plain descent of step size $\eta$. What is
# special about the identity: it commutes with everything. If $\Phi$ is symmetric, all layers stay equal and keep the eigenvectors of
# $\Phi$, step by step and exactly. So each eigenvalue $\lambda$ is a problem in one number, $x\leftarrow x-\eta x^{L-1}(x^L-\lambda)$ from
# $x=1$. The same argument works for every normal $\Phi$, that is one with orthogonal eigenvectors, with complex $x$:
#
# $$x\leftarrow x-\eta\,\bar x^{\,L-1}(x^L-\lambda),\qquad x(0)=1.$$
#
# Most of what follows can be read off this line.

# %% tags=["parameters"]
seed = 0  # in [0, 4294967295]: seed of every random draw
depths = [2, 3, 4, 8]  # each in [2, 16]: depths L of sections 1 and 2
conditions = [4, 8, 16, 32, 64]  # each in [2, 100]: condition numbers of section 1
halvings = 5  # in [4, 8]: cos(theta/2) = 0.2, 0.1, ... of section 2
normal_count = 60  # in [20, 1000]: normal targets of section 2
generic = 240  # in [60, 5000]: generic targets of section 3
symmetric = 20  # in [10, 500]: symmetric targets of section 4
positive = 40  # in [20, 500]: targets with u'Phi u > 0 of section 5
outside = 120  # in [60, 2000]: draws of targets without, of which about half are kept
distances = [0.3, 0.49, 0.6, 0.8, 1.2]  # each in [0.05, 1.3]: |Phi - I| of section 6
near = 200  # in [50, 5000]: targets for each distance

# %% tags=["hide-input"]
from lib.suite.claims import Ledger

ledger = Ledger("36_identity_initialization", globals())

from lib import exact_dynamics as ed
from lib import identity_start as ids
from lib import linear_networks as ln
from lib.descent import descend, log_steps
from lib.statistics import largest, mean, share, smallest, value
from lib.suite import figures

import numpy as np
import torch

figures.style()
rng = np.random.default_rng(seed)

# %% [markdown]
# ## 1. Positive definite targets
#
# All eigenvalues are positive, no chord meets 0, and descent must converge. How fast? Near the end an eigenvalue $\lambda$ contracts
# by $1-\eta L\lambda^{2-2/L}$ per step, and the largest stable step is set by $\lambda_{\max}$. At
# $\eta=\frac1{2L}\lambda_{\max}^{-(2-2/L)}$ the slowest eigenvalue therefore needs
#
# $$\text{steps per e-fold}\;\propto\;\kappa^{2-2/L},\qquad\kappa=\lambda_{\max}/\lambda_{\min}.$$
#
# The paper's bound is polynomial in $L$ and $\kappa$. In fact $L$ drops out, and the power lies between 1 and 2. We count the steps that
# the loss takes from $10^{-10}$ to $10^{-20}$, at eigenvalues $\kappa^{-1/2},1,\kappa^{1/2}$. First, though: do whole matrices really do what
# the scalar line says?
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 36.1a | whole matrices in random bases end where the scalar line does | largest difference ≤ 1e-10 | rounding of 300 steps | Bartlett et al. 2018, recalled |
# | 36.1b | late decay per step is 1 − ηLλ_min^(2−2/L) | largest relative distance ≤ 0.02 | 1e-10 is not yet the limit | derived here |
# | 36.1c* | steps per e-fold go as κ^(2−2/L): exponent over that | value 1 ± 0.04 | at κ = 4 a step contracts by too much for the power law | derived here; Bartlett et al. 2018: polynomial |

# %%
spectrum = torch.from_numpy(rng.uniform(0.5, 2, (10, 4)))
definite = ids.from_parts(spectrum, 0.0, rng)
basis = torch.linalg.eigh(definite)[1]
mismatch = {}
for depth in depths:
    start = ids.identity_weights(definite, depth)
    run = descend(ln.gradients, start, learning_rate=0.02, steps=300, problem=(definite,))
    line = ed.equal_layers_descent(1.0, spectrum, depth, learning_rate=0.02, record=[300])
    inside = basis.mT @ ln.end_to_end(run.weights) @ basis
    ends = torch.from_numpy(np.sort(line[0]))
    mismatch[depth] = (inside - torch.diag_embed(ends)).abs().amax((-2, -1))

# %% [markdown]
# The second experiment follows the scalar line until the loss is below $10^{-20}$.

# %%
counted, late = {}, {}
for depth in depths:
    counted[depth], late[depth] = [], []
    for kappa in conditions:
        wanted = float(kappa) ** np.array([-0.5, 0, 0.5])
        eta = ed.curvature_step(wanted[-1], depth, 0.5)
        decay = -2 * np.log(1 - eta * depth * wanted[0] ** (2 - 2 / depth))
        record = range(int(60 / decay) + 200)
        path = ed.equal_layers_descent(1.0, wanted, depth, learning_rate=eta, record=record)
        loss = ((path - wanted) ** 2).sum(-1) / 2
        counted[depth].append((loss < 1e-20).argmax() - (loss < 1e-10).argmax())
        late[depth].append(counted[depth][-1] * decay / np.log(1e10))

# %% [markdown]
# Steps per e-fold of the loss, and lines of the predicted slope through the last point.

# %% tags=["hide-input"]
fig, (ax,) = figures.panels(1)
kappa = np.array(conditions, dtype=float)
for depth, steps in counted.items():
    figures.measured(ax, kappa, np.array(steps) / np.log(1e10), f"L = {depth}", joined=False)
for depth, steps in counted.items():
    line = steps[-1] / np.log(1e10) * (kappa / kappa[-1]) ** (2 - 2 / depth)
    figures.predicted(ax, kappa, line, r"slope $2-2/L$")
ax.set(xscale="log", yscale="log", xlabel=r"condition number $\kappa$")
ax.set(ylabel="steps per e-fold of the loss")
alt = "steps per e-fold against condition number, on dashed lines of slope 1 to 1.75"
figures.save(fig, "definite", alt)

# %%
fits = {n: np.polyfit(np.log(conditions), np.log(counted[n]), 1)[0] for n in depths}
count = len(conditions)
ledger.judge({
    "36.1a": largest(mismatch, of=10, rounding=True),
    "36.1b": largest([np.abs(np.array(found) - 1) for found in late.values()]),
    "36.1c*": {f"L = {n}": value(fits[n] / (2 - 2 / n), of=count) for n in depths},
})

# %% [markdown]
# ## 2. The chord law
#
# Now let $\lambda$ be complex. For small steps the product's eigenvalue $w=x^L$ obeys
#
# $$\dot w=-L\,|w|^{2-2/L}\,(w-\lambda).$$
#
# The bracket points at $\lambda$, the factor in front is a positive number: $w$ moves **on the straight line from 1 to $\lambda$**, slowly where
# the line passes close to 0. It gets there unless the line meets 0, which takes a $\lambda$ that is real and not positive. The theorem's
# premise $u^\top\Phi u>0$ would ask for an angle below 90°.
#
# For a rotation by $\theta$ the chord passes 0 at the distance $c=\cos(\theta/2)$, and time is an integral along it. Its delay grows as
# $c^{-(1-2/L)}$, at $L=2$ as a logarithm. The exponent is read from the growth of the steps as $c$ is halved, so that the
# constant part of the time drops out.
#
# Whole matrices: normal 4 × 4 targets with two pairs of eigenvalues each, at angles up to 166°. Descent leaves the chord by an amount
# proportional to the step. The control are targets with the same eigenvalues and oblique eigenvectors.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 36.2a | steps × η follow the integral along the chord | largest relative distance ≤ 0.02 | step size 0.02/L makes 1% | derived here |
# | 36.2b | at L = 2 the delay is a logarithm: steps × ηL per ln(1/c) | value 2 ± 0.04 | step size | derived here |
# | 36.2c | whole matrices leave the chord by an amount that halves with the step | mean ratio 2 ± 0.1 | first order | derived here |
# | 36.2d | and stay within this distance at step size 0.01/L | largest ≤ 0.005 | pilot runs: 0.003 | derived here |
# | 36.2e | normal targets with angles up to 166° converge | share ≥ 0.9 | none should fail; 60 draws reach 0.94 at best | derived here |
# | 36.2f | *control:* with oblique eigenvectors eigenvalues leave the chord | smallest distance ≥ 0.02 | several times the largest of 36.2d | derived here |
# | 36.2g* | the delay grows as c^−(1−2/L): exponent | value delay ± 0.02 | smallest c of the list | derived here |

# %%
cosines = 0.2 * 0.5 ** np.arange(halvings)
rotations = np.exp(2j * np.arccos(cosines))
steps, integral = {}, {}
for depth in depths:
    eta = 0.02 / depth
    times = np.array([ed.transit_time(1.0, w, depth, 0.01) for w in rotations])
    integral[depth], record = times / eta, range(int(1.1 * times.max() / eta))
    path = ed.equal_layers_descent(1.0, rotations, depth, learning_rate=eta, record=record)
    left = np.abs(path - rotations) / np.abs(1 - rotations)
    steps[depth] = ed.crossing(record, -left, -0.01).numpy()

# %% [markdown]
# Whole matrices, at two step sizes, and the oblique control at the smaller one:

# %%
angles, sizes = rng.uniform(0.3, 2.9, (normal_count, 2)), rng.uniform(0.5, 1.5, (normal_count, 2))
wanted = sizes * np.exp(1j * angles)
target, basis = ids.normal_targets(wanted, rng)
measure = lambda w, *_: {"product": ln.end_to_end(w)}
paths, off = {}, {}
for eta in (0.02 / 3, 0.01 / 3):
    options = {"learning_rate": eta, "steps": round(40 / eta), "measure": measure}
    options["record"] = range(0, round(40 / eta) + 1, round(0.1 / eta))
    run = descend(ln.gradients, ids.identity_weights(target, 3), problem=(target,), **options)
    paths[eta] = ids.block_eigenvalues(run.records["product"], basis)[0]
    off[eta] = ids.chord_distance(paths[eta], wanted).amax((0, 2))
oblique = ids.sheared_targets(wanted[:, 0], 3.0)
run = descend(ln.gradients, ids.identity_weights(oblique, 3), problem=(oblique,), **options)
strayed = ids.chord_distance(ids.upper_eigenvalue(run.records["product"]), wanted[:, 0]).amax(0)

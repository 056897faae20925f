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
# # Small networks learn in stages because all units are pulled the same way
#
# Arata, *Stage-wise learning of nonlinear neural networks caused by anisotropic inputs*, summary of a
# master's thesis at the University of Tokyo (in Japanese): definition 1, lemmas 1 and 2, theorem 1.
#
# Started near zero, a network's loss falls in stairs. The summary explains the stairs unit by unit, for
# descent with finite steps: near a saddle one matrix moves every unit, so they all turn to one direction and
# leave together. It states no rates and no sizes; those below are **derived here**, and marked so.
#
# **Setting.** $f(X)=W_2\,\sigma(W_1X)$ on $n$ samples, loss $\|f(X)-Y\|_F^2/(2n)$, $Y=TX$, learning rate $\eta$. Unit
# $w_i\in\mathbb R^{m_0+m_2}$ is row $i$ of $W_1$ with column $i$ of $W_2$; $\Omega$ stacks the units. For linear units
# $M=C_{yx}-W_2W_1C_{xx}$, with singular values $s_1>s_2>\dots$ at the origin. Entries start as $\epsilon\,N(0,1)$.
#
# **Claims, and what would refute them** (fixed before the runs)
#
# | id | claim | refuted if |
# |---|---|---|
# | 43.1 | lemma 1: one step is one matrix per unit, exactly for linear and ReLU units; for tanh only near 0 | difference above $10^{-14}$; for tanh: not quadratic in the scale |
# | 43.2 | theorem 1, rate derived: misalignment at the exit $\sim\epsilon^{\,1-\log(1+\eta s_2)/\log(1+\eta s_1)}$, which is $1-s_2/s_1$ for small $\eta$, above a floor $\sim$ (exit scale)$^2$ | mean exponent off by 0.02; floor's exponent off 2 by 0.1 |
# | 43.3 | plateau $k$ lies at the loss of rank-$k$ reduced-rank regression | other plateaus than these in over 10% of seeds; a loss off by 2% |
# | 43.4 | steps grow as $\log(1/\epsilon)$, by $\ln 10/\log(1+\eta s_1)$ a decade to the first drop; whole run: derived | mean slope off by 1% |
# | 43.5 | lemma 2, rate made explicit: in a drop, the part of a unit off the common direction grows by at most $1+\eta\|M\|_2$ a step | one unit at one step grows faster; control: with the direction kept, not tenfold faster |
# | 43.6 | ReLU and tanh networks show the stages too: two clear (origin, first saddle), then blurred | deepest later plateau slows the fall less than threefold in the mean; second one as deep as for linear units |
# | 43.7 | layer-wise descent at depth 3, 4: on the first plateau $\sigma_2/\sigma_1$ of every layer falls in proportion to $\epsilon$ | mean exponent off 1 by 0.1 |
# | 43.8 | control: equal singular values, isotropic inputs: no common direction | misalignment falls with $\epsilon$ |

# %% tags=["parameters"]
seed = 0  # in [0, 4294967295]: seed of every random draw
seeds = 100  # in [4, 2000]: linear problems with their starts
singular_values = [3, 1, 0.3]  # each in [0.01, 10]: of the teacher T, well apart: every plateau is long
input_variances = [2, 0.5]  # each in [0.05, 10]: largest and smallest eigenvalue of Cxx
widths = [10, 50, 6]  # each in [3, 200]: m0, m1, m2
learning_rate = 0.02  # in [0.001, 0.05]: eta
large_rate = 0.2  # in [0.01, 0.25]: eta of a second set of exits, where log(1 + eta s) is not eta s
exit_scale = 1e-5  # in [1e-7, 1e-3]: rms weight at which the plateau counts as left in 43.2
exit_decades = [3, 4, 5, 6, 7]  # each in [2, 9]: decades from the start scale to the exit scale
start_scales = [1e-12, 1e-10, 1e-8, 1e-6, 1e-4]  # each in [1e-13, 1e-3]: start scales, the least first
nonlinear_seeds = 30  # in [4, 500]: problems with ReLU, tanh and linear units
nonlinear_values = [3, 1.5, 0.75]  # each in [0.01, 10]: singular values of their teacher
nonlinear_scale = 1e-5  # in [1e-10, 1e-2]: start scale there
samples = 100  # in [20, 2000]: n there (a linear network's steps depend on n only through Cxx, Cyx)
layer_scales = [0.05, 0.02, 0.01]  # each in [0.005, 0.1]: start scales of the deep networks, layer-wise
layer_seeds = 24  # in [3, 200]: deep networks for each

# %%
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import torch

from lib import claims, figures
from lib import linear_networks as ln
from lib import two_layer as tl
from lib.descent import descend

parameters = claims.parameters_of(globals())
if min(map(len, (singular_values, nonlinear_values, exit_decades, start_scales, layer_scales))) < 2:
    raise ValueError("singular_values, nonlinear_values, exit_decades, start_scales and layer_scales must each hold two numbers or more")
figures.style()
rng = np.random.default_rng(seed)
rows = []
thesis = partial(claims.check, seeds=seeds)
make = partial(tl.teacher_problem, outputs=widths[2])
variances = np.linspace(*input_variances, widths[0])
inputs, outputs = make(seeds, rng, variances=variances, singular_values=singular_values, samples=2 * widths[0])
problem, start = tl.moments(inputs, outputs), ln.gaussian_weights(widths, seeds, rng)
cxx, cyx, _ = problem
speeds, pairs = tl.escape_pairs(cyx)
levels = tl.saddle_losses(*problem)
stages = len(singular_values)
gap = speeds[:, 1] / speeds[:, 0]
print(f"speeds at the origin, first seed: {[round(float(s), 3) for s in speeds[0, :stages]]}")
print(f"theorem 1 needs a gap: s2/s1 from {gap.min():.2f} to {gap.max():.2f} over {seeds} seeds")
print(f"reduced-rank losses, first seed: {[round(float(x), 4) for x in levels[0, :stages]]}")

# %% [markdown]
# ## One matrix moves a unit (lemma 1), and so all units align (theorem 1)
#
# $w_i\leftarrow\begin{pmatrix}I&-\eta XD_i\nabla^\top\\ \cdot&I\end{pmatrix}w_i$ with $D_i=\mathrm{diag}\,\sigma'$ holds exactly
# where $\sigma(z)=\sigma'(z)\,z$. For linear units the matrix is the same for all. Its eigenvalues are $1\pm\eta s_k$ and 1, so
# from $\epsilon$ to an exit scale $r$ the ratio $\|(I-P)\Omega\|/\|P\Omega\|$, $P$ onto the top eigenvector, falls as
# $(\epsilon/r)^{1-\log(1+\eta s_2)/\log(1+\eta s_1)}$. But $M$ moves with the weights: a floor of order $r^2$ remains.

# %%
units = {name: {scale: tl.one_step_difference(tuple(scale * w for w in start), inputs, outputs, learning_rate, name)
                for scale in (1, 1e-2, 1e-3)} for name in tl.ACTIVATIONS}
order = (units["tanh"][1e-2] / units["tanh"][1e-3]).log10()
ratios = 10.0 ** -np.array(exit_decades)


def exits(rate, scales, radius, problem=problem, direction=pairs[..., 0], begin=start):
    """Misalignment at the exit, (scales, seeds)."""
    weights, moments = tl.at_scales(begin, problem, scales)
    weights, _ = tl.exit_run(weights, moments, learning_rate=rate, exit_scale=radius)
    ratio = tl.misalignment(tl.units(weights), direction.repeat(len(scales), 1))
    return ratio.reshape(len(scales), seeds).numpy()


def slope(x, y):
    """Least-squares slope of log y (n, seeds) against log x (n,), for every seed."""
    return np.polyfit(np.log10(x), np.log10(y), 1)[0]


measured = {rate: exits(rate, exit_scale * ratios, exit_scale) for rate in (learning_rate, large_rate)}
exponents = {rate: tl.misalignment_exponent(speeds, rate).numpy() for rate in measured}
off = {rate: slope(ratios, y) - exponents[rate] for rate, y in measured.items()}
radii = [1e-4, 3e-4, 1e-3, 3e-3]
ahead = (24 * np.log(10) / torch.log1p(learning_rate * speeds[:, 0])).floor()  # from 1e-30 to about 1e-6 in closed form
aligned = tl.linear_phase(tuple(1e-30 * w for w in start), cyx, learning_rate, ahead)
floors = np.concatenate([exits(learning_rate, [1], radius, begin=aligned) for radius in radii])
same = make(seeds, rng, variances=np.ones(widths[0]), singular_values=[2, 2, 2], samples=2 * widths[0])
isotropic = tl.moments(*same)
apart = exits(learning_rate, exit_scale * ratios, exit_scale, isotropic, tl.escape_pairs(isotropic[1])[1][..., 0])

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(10, 3.5))
arms = [(measured[rate], f"$\\eta$ = {rate}", exponents[rate]) for rate in measured] + [(apart, "control: equal speeds", 0 * gap.numpy())]
for k, (y, label, exponent) in enumerate(arms):
    middle = np.exp(np.log(y).mean(1))
    left.fill_between(ratios, *np.quantile(y, [0.1, 0.9], axis=1), color=f"C{k}", alpha=0.2, lw=0)
    left.plot(ratios, middle, color=f"C{k}", marker=figures.MARKERS[k], ls="", label=label)
    left.plot(ratios, middle[0] * (ratios / ratios[0]) ** exponent.mean(), **figures.PREDICTION)
left.plot([], [], **figures.PREDICTION, label="slope predicted")
left.set(xscale="log", yscale="log", xlabel=r"start scale / exit scale, $\epsilon/r$", ylabel=r"$\|(I-P)\Omega\|/\|P\Omega\|$ at the exit")
left.set_title(f"theorem 1: mean of {seeds} seeds, 80% band", fontsize=10)
middle = np.exp(np.log(floors).mean(1))
right.fill_between(radii, *np.quantile(floors, [0.1, 0.9], axis=1), color="C3", alpha=0.2, lw=0)
right.plot(radii, middle, color="C3", marker="D", ls="", label=r"measured, $\epsilon=10^{-30}$")
right.plot(radii, middle[0] * (np.array(radii) / radii[0]) ** 2, **figures.PREDICTION, label="slope 2")
right.set(xscale="log", yscale="log", xlabel="exit scale $r$", ylabel="misalignment at the exit")
right.set_title("what no smaller start removes", fontsize=10)
for ax in (left, right):
    ax.legend()
figures.save(fig, "alignment")

# %%
lemma_1 = partial(thesis, source="Arata, lemma 1")
theorem_1 = partial(thesis, source="Arata, theorem 1; rate derived here")
exact = {name: claims.power_of_ten_above(max(e.max() for e in units[name].values())) for name in ("linear", "relu")}
floor_slope = slope(radii, floors)
rows += [
    lemma_1("43.1a", "linear units: one step by lemma 1's matrices - by the gradient, relative, largest", exact["linear"], "<=", 1e-14),
    lemma_1("43.1b", "ReLU units: the same", exact["relu"], "<=", 1e-14),
    lemma_1("43.1c", "tanh units at weight scale 1: the same, smallest", units["tanh"][1].min(), ">=", 0.1, control=True),
    lemma_1("43.1d", "tanh units: power of the weight scale in the difference, 1e-2 to 1e-3, mean", order.mean(), "within", 2,
            tolerance=0.05, interval=claims.mean_interval(order)),
    *(theorem_1(f"43.2{letter}", f"eta = {rate}: exponent of the misalignment - predicted exponent, mean", off[rate].mean(), "within", 0,
                tolerance=0.02, interval=claims.mean_interval(off[rate])) for letter, rate in zip("ab", off, strict=True)),
    theorem_1("43.2c", "floor of the misalignment: power of the exit scale, mean", floor_slope.mean(), "within", 2,
              tolerance=0.1, interval=claims.mean_interval(floor_slope)),
]
none = slope(ratios, apart)
rows += [
    theorem_1("43.8", "equal singular values, isotropic inputs: exponent of the misalignment, mean", none.mean(), "within", 0,
              tolerance=0.02, interval=claims.mean_interval(none), control=True, digits=1),
]
limit = (slope(ratios, measured[large_rate]) - (1 - gap.numpy())).mean()
print(f"eta = {large_rate}: measured exponent - (1 - s2/s1) of gradient flow, mean: {limit:+.3f}")
print(f"tanh, difference at weight scale 1 and 1e-2, mean: {units['tanh'][1].mean():.2f}, {units['tanh'][1e-2].mean():.1e}")

# %% [markdown]
# ## Which saddles, how long at each, and the drop between them (43.3 to 43.5)
#
# A plateau is seen where descent promises a relative fall of the loss below $10^{-4}$ a step,
# $\eta\|\nabla\|^2/\ell$. The saddle of rank $k$ has loss $\frac{\|Y\|^2}{2n}-\frac12\sum_{j\le k}\sigma_j^2$, $\sigma$ the singular values of
# $C_{yx}C_{xx}^{-1/2}$. The wait at the origin is $\log(1/\epsilon)/\log(1+\eta s_1)$. For the whole run we follow the singular
# values of $\Omega$: while the $k$-th waits, the next ones grow at the lower speeds of the same saddle, so each
# stage uses up a known share of $\log(1/\epsilon)$ (derived here).
#
# Lemma 2 says $\|(I-P_1)w_i\|\le\epsilon$ for $t\le\log(\epsilon/\|(I-P_1)w_i\|)$, and leaves base and rate open. With the direction
# carried along, $v\leftarrow A(t)v$ with lemma 1's matrix, the part of each unit across it grows by at most
# $1+\eta\|M(t)\|_2$ a step (derived here), so $t\le\log(\epsilon/\|(I-P)w_i\|)/\log(1+\eta\rho)$ with $\rho=\max\|M\|_2$. We also
# ask what happens if $P$ is kept as it was at the exit.

# %%
weights, moments = tl.at_scales(start, problem, start_scales)
run = tl.staged_descent(weights, moments, learning_rate=learning_rate, steps=60_000,
                        final_loss=1e-6 * moments[2], check_every=10)
shape = (len(start_scales), seeds)
loss, totals, saddles = run.losses.reshape(-1, *shape), run.steps.reshape(shape).numpy(), run.saddles.reshape(*shape, -1)[0]
first = tl.crossing(run.times, loss, levels[:, :2].mean(1).expand(shape)).numpy()
decades = -np.log10(start_scales)
waits = tl.steps_per_log_scale(cxx, cyx, learning_rate, stages).numpy() * np.log(10)
pace = {"first": np.polyfit(decades, first, 1)[0] / waits[:, 0], "whole": np.polyfit(decades, totals, 1)[0] / waits.sum(1)}
right_count = int((complete := saddles.isfinite().sum(-1) == stages).sum())
deviation = (saddles[:, :stages] / levels[:, :stages] - 1).abs()[complete]
print(f"slowest run: {totals.max()} steps; first seed: plateaus {[round(float(x), 4) for x in saddles[0, :stages]]}, "
      f"predicted {[round(float(x), 4) for x in levels[0, :stages]]}")
source = "Arata, section 3; Gidel et al. 2019"
rows += [
    thesis("43.3a", f"seeds that show exactly {stages} plateaus, start scale {start_scales[0]:g}, share", right_count / seeds, ">=", 0.9,
           interval=claims.wilson_interval(right_count, seeds), source=source),
    thesis("43.3b", "in these, loss on a plateau / reduced-rank regression - 1, largest", deviation.max(), "<=", 0.02, source=source, digits=2),
    *(thesis(f"43.4{letter}", f"steps a decade of start scale, {text} / predicted, mean", pace[key].mean(), "within", 1, tolerance=0.01,
             interval=claims.mean_interval(pace[key]), source="Arata, section 4; slopes derived here")
      for letter, key, text in (("a", "first", "to the first drop"), ("b", "whole", "whole run"))),
]

# %%
out, _ = tl.exit_run(tuple(1e-8 * w for w in start), problem, learning_rate=learning_rate, exit_scale=1e-2)
lead = tl.transported_residual(out, *problem, direction=pairs[..., 0], learning_rate=learning_rate, steps=150)
growth = {key: lead[key] / lead[key][0] for key in ("moving", "fixed")}
bound = lead["bound"].exp()
together = {key: lead[key].norm(dim=-1) / (bound * lead[key][0].norm(dim=-1)) for key in growth}
rho = lead["bound"].diff(dim=0).amax(0)  # log(1 + eta rho)
tenfold = growth["moving"] >= 10
reached = tenfold.any(0)
margin = (tenfold.to(torch.int8).argmax(0) / (np.log(10) / rho)[:, None])[reached]
turned = together["fixed"].amax(0).log10()
lemma_2 = partial(thesis, source="Arata, lemma 2; rate derived here")
rows += [
    lemma_2("43.5a", "growth of a unit's part across the moving direction / bound, largest of steps, units",
            (growth["moving"] / bound[..., None])[1:].max(), "<=", 1),
    lemma_2("43.5b", "steps until that part is tenfold / the steps that lemma 2 promises, smallest", margin.min(), ">=", 1),
    lemma_2("43.5c", "direction kept as at the exit: largest growth / bound, log10, mean", turned.mean(), ">=", 1,
            interval=claims.mean_interval(turned), control=True),
]
print(f"{int(reached.sum())} units of {reached.numel()} reach tenfold")

# %%
fig, (left, middle, right) = plt.subplots(1, 3, figsize=(13, 3.5), width_ratios=[1.5, 1, 1])
for k, scale in enumerate(start_scales):
    left.plot(run.times[::4], loss[::4, k, 0], color=f"C{k}", marker=figures.MARKERS[k], markevery=(2 * k, 12), label=rf"$\epsilon=10^{{{round(np.log10(scale))}}}$")
for level in levels[0, :stages]:
    left.axhline(level, **figures.PREDICTION | {"linewidth": 1})
left.plot([], [], **figures.PREDICTION, label="reduced-rank regression")
left.set(yscale="log", xlabel="step", ylabel="loss", ylim=(1e-5, 3e3))
left.set_title("one seed, five starts: the same stairs, longer steps", fontsize=10)
left.legend(ncols=3, loc="upper right")
for k, (y, per_decade, text) in enumerate([(totals, waits.sum(1), "whole run"), (first, waits[:, 0], "first drop")]):
    middle.fill_between(decades, *np.quantile(y, [0, 1], axis=1), color=f"C{k}", alpha=0.2, lw=0)
    middle.plot(decades, y.mean(1), color=f"C{k}", marker=figures.MARKERS[k], ls="", label=f"{text}, mean (band: all)")
    middle.plot(decades, y.mean() + per_decade.mean() * (decades - decades.mean()), **figures.PREDICTION)
middle.plot([], [], **figures.PREDICTION, label="slope predicted")
middle.set(xlabel=r"$\log_{10}(1/\epsilon)$", ylabel="steps", title=f"{seeds} seeds")
middle.legend()
for k, (key, text) in enumerate((("moving", "direction carried along"), ("fixed", "direction kept"))):
    right.plot(lead[key][:, 0].norm(dim=-1), color=f"C{k}", marker=figures.MARKERS[k], markevery=15, label=text)
right.plot(bound[:, 0] * lead["moving"][0, 0].norm(), **figures.PREDICTION, label="bound")
right.set(yscale="log", xlabel="step after the exit", ylabel=r"$\|(I-P)\Omega\|$", title="lemma 2, one seed", ylim=(None, 300))
right.legend(loc="upper left")
figures.save(fig, "stairs")

# %% [markdown]
# ## Other units, more layers (43.6, 43.7)
#
# The depth of a plateau: by how much the relative fall of the loss is slower there than in the slower of the two
# drops beside it. One teacher for linear, ReLU and tanh units. **Layer-wise descent**: in a sweep $W_1$ moves, then
# $W_2$ with a fresh gradient, up to $W_N$ (our reading; the summary says no more). Square targets
# $8\times8$, hidden width 20, and $\sigma_2/\sigma_1$ where the gradient is least near the rank-1 loss.

# %%
x, y = make(nonlinear_seeds, rng, variances=variances, singular_values=nonlinear_values, samples=samples)
begin = tuple(nonlinear_scale * w for w in ln.gaussian_weights([widths[0], 40, widths[2]], nonlinear_seeds, rng))
curves = {}
for name in tl.ACTIVATIONS:
    curves[name] = descend(
        partial(tl.network_gradients, activation=name), begin, problem=(x, y), learning_rate=learning_rate, steps=1500,
        record=range(0, 1501, 10), measure=partial(tl.stages, learning_rate=learning_rate, activation=name),
        stop=lambda w, x, y, f=name: tl.network_loss(w, x, y, f) < 0.01 * y.square().sum((1, 2)) / (2 * samples), check_every=50).records
depths = {name: tl.plateau_depths(c["fall"], c["loss"]) for name, c in curves.items()}
other = partial(claims.check, source="Arata, section 3", seeds=nonlinear_seeds)
for letters, name in zip(("ab", "cd"), ("relu", "tanh"), strict=True):
    shallower = depths[name][:, 1] - depths["linear"][:, 1]
    rows += [
        other(f"43.6{letters[0]}", f"{name}: depth of the deepest plateau after the origin's, decades, mean", depths[name][:, 0].mean(),
              ">=", np.log10(3), interval=claims.mean_interval(depths[name][:, 0]), digits=2),
        other(f"43.6{letters[1]}", f"{name}: depth of the next plateau - the same for linear units, decades, mean", shallower.mean(),
              "<=", 0, interval=claims.mean_interval(shallower), digits=2),
    ]
for name, d in depths.items():
    print(f"{name:6} mean depths {[round(float(v), 2) for v in d.mean(0)]} decades; share with a clear (3x) second one "
          f"{float((d[:, 1] > np.log10(3)).double().mean()):.2f}")

# %%
sizes = torch.tensor([3, 1.5, 0.7, 0, 0, 0, 0, 0], dtype=torch.float64)
targets = ln.rotated(sizes.expand(layer_seeds, 8), rng)
level, deep = (1.5**2 + 0.7**2) / 2, {}


def ranks(w, t):
    first, second = torch.stack([torch.linalg.svdvals(layer)[:, :2] for layer in w]).unbind(-1)
    power = sum(g.square().sum((1, 2)) for g in ln.gradients(w, t))
    return {"power": power.where((ln.loss(w, t) / level - 1).abs() < 0.5, torch.inf), "spread": (second / first).amax(0)}


for depth in (3, 4):
    drawn = ln.gaussian_weights([8] + [20] * (depth - 1) + [8], layer_seeds, rng)
    begin, problems = tl.at_scales(drawn, (targets,), layer_scales)
    seen = descend(partial(tl.layerwise_gradients, learning_rate=0.1), begin, problem=problems, learning_rate=0.1, steps=60_000,
                   record=range(0, 60_001, 10), measure=ranks, stop=lambda w, t: ln.loss(w, t) < 0.6 * level, check_every=50).records
    nearest = seen["power"].argmin(0, keepdim=True)
    deep[depth] = seen["spread"].gather(0, nearest).reshape(len(layer_scales), layer_seeds).numpy()
    power = slope(layer_scales, deep[depth])
    print(f"depth {depth}: sigma2/sigma1 / the start's own bulk (2 eps sqrt(20) / 3^(1/N)): "
          f"{[round(float(v), 2) for v in deep[depth].mean(1) / (2 * np.array(layer_scales) * 20**0.5 / 3 ** (1 / depth))]}")
    rows += [claims.check(f"43.7{'ab'[depth - 3]}", f"layer-wise, depth {depth}: power of the start scale in sigma2/sigma1, mean", power.mean(),
                          "within", 1, tolerance=0.1, interval=claims.mean_interval(power), source="Arata, section 1", seeds=layer_seeds)]

# %%
fig, (left, middle, right) = plt.subplots(1, 3, figsize=(12, 3.5))
steps = np.arange(0, 1501, 10)
for k, (name, c) in enumerate(curves.items()):
    lasts = int((c["loss"][:, 0].diff() != 0).sum()) + 1
    left.plot(steps[:lasts], c["loss"][:lasts, 0], color=f"C{k}", marker=figures.MARKERS[k], markevery=6, label=name)
    box = dict(color=f"C{k}", marker=figures.MARKERS[k], ls="")
    mean = depths[name][:, :2].mean(0)
    middle.errorbar([0.8 + 0.2 * k, 1.8 + 0.2 * k], mean, np.abs(np.quantile(depths[name][:, :2], [0.1, 0.9], axis=0) - mean.numpy()), **box, label=name)
left.set(yscale="log", xlabel="step", ylabel="loss", title="one seed, one teacher")
middle.axhline(np.log10(3), color="grey", ls=":", label="threefold")
middle.set(xticks=[1, 2], xticklabels=["deepest", "next"], ylabel="depth of the plateau [decades]", title="mean, 80% of seeds")
for k, (depth, y) in enumerate(deep.items()):
    right.plot(layer_scales, y.mean(1), color=f"C{k}", marker=figures.MARKERS[k], ls="", label=f"depth {depth}, mean")
    right.plot(layer_scales, y.mean() * np.array(layer_scales) / np.mean(layer_scales), **figures.PREDICTION)
right.plot([], [], **figures.PREDICTION, label="proportional")
right.set(xscale="log", yscale="log", xlabel=r"start scale $\epsilon$", ylabel=r"$\sigma_2/\sigma_1$, largest layer", title="layer-wise, rank-1 plateau")
right.set_xticks(layer_scales, map(str, layer_scales))
right.set_xticks([], minor=True)
right.yaxis.set_minor_formatter("{x:g}")
for ax in (left, middle, right):
    ax.legend()
figures.save(fig, "units_and_layers")
rows.sort(key=lambda row: row["id"])
claims.conclude("43_stagewise_networks", rows, parameters)

# %% [markdown]
# ## Reading
#
# **Everything in the summary that can be made exact reproduces, once its rates are written down.** Lemma 1 is an
# identity for linear and ReLU units; for tanh it is off by half at weight scale 1 and right to second order near 0. The
# misalignment follows the power law to a few thousandths. The power is the *discrete* one: at $\eta=0.2$ gradient flow's
# $1-s_2/s_1$ misses by 0.07. So $\eta\to0$ is not needed for theorem 1; what it needs and does not say is a gap $s_1>s_2$ (43.8:
# with equal speeds the units fill a space of three dimensions), and a small exit scale besides a small start (the floor, 43.2c).
#
# **Waits.** The steps of the whole run are linear in $\log(1/\epsilon)$ with a slope that the saddles' speeds give with no
# free constant. It is close to the slowest mode's $\ln10/\log(1+\eta s)$ and equal to it for isotropic inputs.
#
# **Disagreement on lemma 2.** With one fixed projection it fails by a factor of about a hundred: inputs are anisotropic, so the
# direction itself turns during the drop. Carried along with the flow, the bound holds for every unit and step.
#
# **Nonlinear units.** The first two plateaus (the origin's and one more) are clear. The next is shallower than in the linear network,
# for ReLU about threefold and in many seeds not to be seen; ReLU units may also learn the first direction in two halves,
# one for each sign. The summary's "same dynamics" is right for the beginning only.
#
# **Layer by layer.** $\sigma_2/\sigma_1$ on the rank-1 plateau is what the start left in the other directions, so "rank tends to 1" is a
# statement about small starts, not about time. At $\epsilon=0.05$ and depth 3 the plateau is hardly one.
#
# **Limits.** The summary gives no sizes, so none of these numbers is its own. Singular values are well apart here: with
# `singular_values = [3, 1.5, 0.75]` some seeds pass a saddle too fast to count. The floor's start, $10^{-30}$, is carried to
# $10^{-6}$ in closed form, with $M$ frozen; all else is stepped. Starts below $10^{-13}$ would lose later modes to rounding.
#
# **Try.** `singular_values = [3, 1.5, 0.75]`, `input_variances = [1, 1]` (43.2c and 43.5c then fail: the direction no longer turns, so there is no floor either),
# `nonlinear_scale = 1e-9` (deeper plateaus).

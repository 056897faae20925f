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
# # A jump over each plateau makes training time independent of the start scale
#
# Arata, *Stage-wise learning of nonlinear neural networks caused by anisotropic inputs*, summary of a
# master's thesis at the University of Tokyo (in Japanese), section 4.
#
# A small start leads to sparse solutions and to long waits: $O(\log1/\epsilon)$ steps at saddles. During a wait all
# units turn to the top eigenvector of one known matrix (notebook 43), so the wait can be replaced by a jump. The
# summary says so and shows one curve; it does not spell the algorithm out. **The algorithm here is ours**,
# the plainest that fits its words:
#
# 1. plateau: descent would lower the loss by a share of less than $10^{-4}$ in a step ($\eta\|\nabla\|^2/\ell$);
# 2. $(s,a,b)$: top singular triple of $M=C_{yx}-W_2W_1C_{xx}$; $c_i=\langle w_i,(a,b)/\sqrt2\rangle$ for every unit $i$;
# 3. take out of $c$ what lies in the directions that the network uses already;
# 4. stretch $c$ to a **fixed length**, or to $\sqrt{2s/a^\top C_{xx}a}$, the exact **line search** for the loss along $ba^\top$;
# 5. put $c$ back into the units and descend on. Each jump is counted as one step.
#
# **Setting.** Two-layer linear networks, loss $\|W_2W_1X-TX\|_F^2/(2n)$, until the loss is $10^{-6}$ of its start.
#
# **Claims, and what would refute them** (fixed before the runs)
#
# | id | claim | refuted if |
# |---|---|---|
# | 44.1 | with jumps: the same saddles, the same final loss and matrix, steps independent of $\epsilon$, fewer the smaller $\epsilon$ | a saddle's loss off by 2%; matrices apart by 1%; steps vary by 2% over $\epsilon$; mean speed-up at the smallest $\epsilon$ below 2 |
# | 44.2 | to jump only the first plateau gains nothing: the wait moves to the next | mean steps differ from plain descent's by 5% |
# | 44.3 | no help at $\epsilon=10^{-2}$ (nothing to skip), nor for ReLU units at $10^{-3}$; help for these at the smallest $\epsilon$ | a jump fires; ReLU: mean gain above a tenth; below a tenth |
# | 44.4 | control: an equal kick in a random direction, clear of those that grow, saves no waiting; one not cleared, and the jump without step 3, save less than the jump | waiting steps a decade of $\epsilon$ below 80% of plain; mean steps not above the jump's |

# %% tags=["parameters"]
seed = 0  # in [0, 4294967295]: seed of every random draw
seeds = 16  # in [4, 500]: problems with their starts, for each teacher
strong_teacher = [3, 1.5, 0.75]  # each in [0.01, 10]: singular values of the first teacher
weak_teacher = [2, 0.5, 0.1]  # each in [0.01, 10]: of the second: slower modes, longer waits
input_variances = [2, 0.5]  # each in [0.05, 10]: largest and smallest eigenvalue of Cxx
widths = [10, 50, 6]  # each in [3, 200]: m0, m1, m2
learning_rate = 0.02  # in [0.001, 0.05]: eta
start_scales = [1e-2, 1e-4, 1e-6, 1e-8, 1e-12]  # each in [1e-13, 0.1]: start scales, the largest first: without a plateau to skip, for 44.3
jump_length = 0.3  # in [0.05, 1]: length of c after a jump of fixed size
relu_seeds = 25  # in [4, 500]: problems with their starts for ReLU networks, strong teacher
relu_scales = [1e-3, 1e-5, 1e-8]  # each in [1e-12, 1e-2]: start scales of ReLU networks, the largest first
relu_length = 0.1  # in [0.01, 0.5]: length of the longest unit after their jump
samples = 100  # in [20, 2000]: n for ReLU networks (linear ones see only Cxx, Cyx)

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
if min(len(start_scales), len(relu_scales)) < 2:
    raise ValueError("start_scales and relu_scales must each hold two numbers or more")
figures.style()
rng, kicks = np.random.default_rng(seed), np.random.default_rng([seed, 1])
rows = []
thesis = partial(claims.check, source="Arata, section 4; algorithm and numbers ours", seeds=seeds)
teachers = {"strong": strong_teacher, "weak": weak_teacher}
variances = np.linspace(*input_variances, widths[0])
shape = (len(start_scales), seeds)
make = partial(tl.teacher_problem, variances=variances, outputs=widths[2], samples=samples)
problems = {name: tl.moments(*make(seeds, rng, singular_values=values)) for name, values in teachers.items()}
levels = {name: tl.saddle_losses(*p)[:, : len(teachers[name])] for name, p in problems.items()}
start = ln.gaussian_weights(widths, seeds, rng)
for name, (cxx, cyx, _) in problems.items():
    waits = tl.steps_per_log_scale(cxx, cyx, learning_rate, len(teachers[name])) * np.log(10)
    print(f"{name:6} teacher: plain descent should wait {waits.sum(-1).mean():.0f} steps for each decade of the start scale "
          f"({', '.join(f'{w:.0f}' for w in waits.mean(0))} at its saddles)")

# %% [markdown]
# ## The same starts, seven ways
#
# All seeds and start scales run in one batch. Besides plain descent, the fixed jump and the line search: a jump at the
# first plateau only; the jump without step 3; a kick of the same length along a random direction; and the same with all that could
# grow (the escape pairs of $M$) taken out. Kicks get as many tries as there are plateaus.


# %%
def kick(weights, *moments, clear):
    direction = tl.random_direction(weights, *moments[:2], kicks, clear=clear)
    return tl.jump(weights, *moments, size=jump_length, direction=direction)


fixed, often = partial(tl.jump, size=jump_length), 1000
ways = [  # what a batch does at a plateau, and how often each of its arms may
    (fixed, {"plain": 0, "jump": often, "first only": 1}), (tl.jump, {"line search": often}),
    (partial(fixed, clear_used=False), {"without step 3": often}),
    (partial(kick, clear=False), {"random": "plateaus"}), (partial(kick, clear=True), {"random, clear": "plateaus"}),
]
runs, steps, size = {}, {}, len(start_scales) * seeds
for name, problem in problems.items():
    for skip, group in ways:
        weights, moments = tl.at_scales(start, problem, start_scales * len(group))
        most = torch.tensor([len(teachers[name]) if m == "plateaus" else m for m in group.values()])
        run = tl.staged_descent(weights, moments, learning_rate=learning_rate, steps=100_000, final_loss=1e-6 * moments[2],
                                skip=skip, most_jumps=most.repeat_interleave(size), check_every=10)
        for k, arm in enumerate(group):
            runs[name, arm] = tl.portion(run, slice(k * size, (k + 1) * size))
            steps[name, arm] = runs[name, arm].steps.reshape(shape).double()
arms = ["plain", "first only", "jump", "line search", "without step 3", "random", "random, clear"]
for name in teachers:
    again = runs[name, "without step 3"].jumps.reshape(shape)[-1].double().mean()
    print(f"\n{name} teacher: without step 3, {again:.1f} jumps at the smallest start scale; mean steps:\n" + " " * 20 + "".join(f"{scale:>10g}" for scale in start_scales))
    for arm in arms:
        print(f"{arm:>20} " + "".join(f"{x:10.0f}" for x in steps[name, arm].mean(1)))

# %%
fig, axes = plt.subplots(2, 2, figsize=(11, 6.6), width_ratios=[1.5, 1])
last = len(start_scales) - 1
for (left, right), name in zip(axes, teachers, strict=True):
    for k, arm in enumerate(("plain", "jump", "line search")):
        run = runs[name, arm]
        loss = run.losses[:, last * seeds] / levels[name][0, 0]
        left.plot(run.times[::3], loss[::3], color=f"C{k}", marker=figures.MARKERS[k], markevery=max(1, len(loss[::3]) // 12), label=arm)
    for level in levels[name][0] / levels[name][0, 0]:
        left.axhline(level, **figures.PREDICTION | {"linewidth": 1})
    left.plot([], [], **figures.PREDICTION, label="reduced-rank regression")
    left.set(yscale="log", ylim=(1e-6, 3), xlabel="step", ylabel="loss / loss at the start")
    left.set_title(rf"{name} teacher, one seed, $\epsilon$ = {start_scales[last]:g}", fontsize=10)
    decades = -np.log10(start_scales)
    for k, arm in enumerate(arms):
        hollow = {"ms": 10, "mfc": "none"} if arm == "plain" else {}  # "first only" lies on top of it
        right.plot(decades, steps[name, arm].mean(1), color=f"C{k}", marker=figures.MARKERS[k], lw=1, label=arm, **hollow)
    cxx, cyx, _ = problems[name]
    slope = float(tl.steps_per_log_scale(cxx, cyx, learning_rate, len(teachers[name])).sum(-1).mean()) * np.log(10)
    right.plot(decades, float(steps[name, "plain"][last].mean()) + slope * (decades - decades[last]), **figures.PREDICTION, label="plain, slope predicted")
    right.set(xlabel=r"$\log_{10}(1/\epsilon)$", ylabel="steps", title=f"{name} teacher, mean of {seeds} seeds")
    left.legend()
axes[1, 1].set_ylim(top=1.25 * axes[1, 1].get_ylim()[1])
axes[1, 1].legend(fontsize=8, loc="upper left")
figures.save(fig, "steps")

# %%
def mean(values):
    return float(values.mean()), claims.mean_interval(values)


skipping = ("jump", "line search")
letter = iter("abcdefghijk")
for name, top in ((name, len(values)) for name, values in teachers.items()):
    plain, reference = steps[name, "plain"], ln.end_to_end(runs[name, "plain"].weights)
    off, apart, spread = [], [], []
    for arm in skipping:
        run, taken = runs[name, arm], steps[name, arm]
        every = (run.jumps.reshape(shape) == top).all(1)  # start scales at which every seed meets every plateau
        apart += ((ln.end_to_end(run.weights) - reference).norm(dim=(1, 2)) / reference.norm(dim=(1, 2))).tolist()
        if every.any():
            off += (run.saddles.reshape(*shape, -1)[every][..., :top] / levels[name] - 1).abs().flatten().tolist()
            spread += (taken[every].amax(0) / taken[every].amin(0) - 1).tolist()
        here = ", ".join(f"{scale:g}" for scale, e in zip(start_scales, every, strict=True) if e)
        print(f"{name} teacher, {arm}: all {top} plateaus jumped in every seed from {here or 'no scale'}; "
              f"mean speed-up {[round(float(g), 2) for g in (plain / taken).mean(1)]}")
    rows += [
        thesis(f"44.1{next(letter)}", f"{name} teacher, with jumps: loss at a saddle / reduced-rank regression - 1, largest",
               max(off, default=1), "<=", 0.02, digits=2),
        thesis(f"44.1{next(letter)}", f"{name} teacher, with jumps: final matrix - plain descent's, relative, largest", max(apart), "<=", 0.01, digits=2),
        thesis(f"44.1{next(letter)}", f"{name} teacher, with jumps: steps, largest / smallest over start scales - 1, largest",
               max(spread, default=1), "<=", 0.02, digits=2),
    ]
    for arm in skipping:
        gain, interval = mean(plain[last] / steps[name, arm][last])
        rows += [thesis(f"44.1{next(letter)}", f"{name} teacher, {arm}: speed-up at start scale {start_scales[last]:g}, mean", gain, ">=", 2, interval=interval)]


# %%
def per_decade(name, arm):
    """Steps that a decade of start scale costs, between the two smallest."""
    return (steps[name, arm][last] - steps[name, arm][last - 1]) / np.log10(start_scales[last - 1] / start_scales[last])


missed = sum(int((s < 0).sum()) for s in steps.values())
rows += [thesis(f"44.1{next(letter)}", "runs of all arms that did not reach the final loss, 1e-6 of its start", missed, "<=", 0)]
control = partial(thesis, control=True)
for one, two, three, name in zip("ab", "cd", "ef", teachers, strict=True):
    once, interval = mean(steps[name, "first only"][last] / steps[name, "plain"][last])
    rows += [thesis(f"44.2{one}", f"{name} teacher: steps with only the first plateau jumped / plain, mean", once, "within", 1,
                    tolerance=0.05, interval=interval)]
    idle, idle_interval = mean(per_decade(name, "random, clear") / per_decade(name, "plain"))
    slow, slow_interval = mean(steps[name, "random"][last] / steps[name, "jump"][last])
    blunt, blunt_interval = mean(steps[name, "without step 3"][last] / steps[name, "jump"][last])
    rows += [
        control(f"44.4{one}", f"{name} teacher: random kick, growing part removed: steps a decade / plain, mean", idle, ">=", 0.8,
                interval=idle_interval),
        control(f"44.4{two}", f"{name} teacher: random kick as drawn: steps / steps with jumps, mean", slow, ">=", 1, interval=slow_interval),
        control(f"44.4{three}", f"{name} teacher: used directions left in (no step 3): steps / steps with jumps, mean", blunt, ">=", 1,
                interval=blunt_interval),
    ]
fired = sum(int(runs[name, arm].jumps.reshape(shape)[0].sum()) for name in teachers for arm in skipping)
rows += [thesis("44.3a", f"start scale {start_scales[0]:g}: jumps made in all runs of both teachers", fired, "<=", 0)]

# %% [markdown]
# ## ReLU units
#
# Each unit has its own matrix, set by the samples on which it is active, so there is no single top pair. With the output
# gradient frozen, 15 passes of power iteration turn every unit to its own direction, and the linear
# phase then runs until the longest unit has length 0.1. This is a jump from the origin only: at later
# saddles the used directions are not a subspace any more. We count gradients, the 15 included, to 2% of the loss at the start.

# %%
x, y = make(relu_seeds, rng, singular_values=strong_teacher)
drawn, relu = ln.gaussian_weights(widths, relu_seeds, rng), {"plain": [], "jump": []}
for scale in relu_scales:
    begin = tuple(scale * w for w in drawn)
    for arm in relu:
        first = begin if arm == "plain" else tl.relu_jump(begin, x, y, size=relu_length, iterations=15)
        run = descend(partial(tl.network_gradients, activation="relu"), first, problem=(x, y), learning_rate=learning_rate,
                      steps=20_000, stop=lambda w, x, y: tl.network_loss(w, x, y, "relu") < 0.02 * y.square().sum((1, 2)) / (2 * samples),
                      check_every=10)
        relu[arm].append(run.stopped + 15 * (arm == "jump"))
relu = {arm: torch.stack(values).double() for arm, values in relu.items()}
gains = relu["plain"] / relu["jump"]
print(f"ReLU: gradients without / with the jump, mean, by start scale {[round(float(g), 2) for g in gains.mean(1)]}")
for k, (letter, relation) in enumerate([("b", "<="), ("c", ">=")]):
    gain, interval = mean(gains[-k])
    rows += [thesis(f"44.3{letter}", f"ReLU, start scale {relu_scales[-k]:g}: gradients without / with the jump, mean", gain, relation, 1.1,
                    interval=interval, seeds=relu_seeds)]

# %%
fig, ax = plt.subplots(figsize=(5.4, 3.3))
for k, (arm, values) in enumerate(relu.items()):
    middle = values.mean(1).numpy()
    ax.errorbar(-np.log10(relu_scales), middle, np.abs(np.quantile(values, [0.1, 0.9], axis=1) - middle), color=f"C{k}",
                marker=figures.MARKERS[k], label=arm)
ax.set(xlabel=r"$\log_{10}(1/\epsilon)$", ylabel="gradients to 2% of the loss", ylim=(0, None))
ax.set_title(f"ReLU units: mean and 80% of {relu_seeds} seeds", fontsize=10)
ax.legend()
figures.save(fig, "relu")
rows.sort(key=lambda row: row["id"])
claims.conclude("44_skipping_plateaus", rows, parameters)

# %% [markdown]
# ## Reading
#
# **It works, at every saddle.** With jumps the steps do not depend on the start scale, as soon as that is small
# enough for every plateau to be seen ($10^{-6}$ for the strong teacher, $10^{-4}$ for the weak one). Arrival is looked for every ten
# steps, so one such interval is 1.4%; on one of 30 fresh seeds a single problem differed by two, and 44.1c failed. The run visits
# the same saddles and ends in the same matrix. Plain descent pays for every decade; its price is predicted by the saddles' speeds (dashed).
# So the speed-up has no bound as $\epsilon\to0$; at $10^{-12}$ it is two to five, most where modes are slow. The line search
# also skips the drop, and is the faster of the two.
#
# **The first plateau alone is worth nothing** (44.2). During a wait the later modes grow as well. Skip the wait, and they
# have not grown: what is saved at the origin is paid at the next saddle, to the step.
#
# **What the summary does not say and the algorithm needs:** used directions must be taken out of the jump (step 3). Without it the
# jump stretches what has not yet settled in them, lands near the same saddle and fires again, about ten times where three are
# enough, and most of the gain is lost.
#
# **Where it does not help.** At $\epsilon=10^{-2}$ nothing is quiet, so no jump is made. At $10^{-4}$ with the strong teacher some seeds show only
# one or two plateaus and a fixed jump gains nothing. For ReLU units it breaks even at $10^{-3}$ and gains from $10^{-5}$ on, but only at the
# origin; later saddles have no jump.
#
# **Controls.** A kick that cannot grow leaves every decade of waiting in place, and at $10^{-4}$ it even harms. A random kick as drawn
# does help somewhat: by chance it has a part along the top pair. In sixteen dimensions that part is not small; it is
# not reliable either, as the later saddles show.
#
# **Disagreements.** None with the summary, which gives a curve and no numbers.
#
# **Limits.** Square loss, linear units (except the last section), full batches, one learning rate. The detector's
# threshold $10^{-4}$ and the fixed length are choices of ours.
#
# **Try.** `jump_length = 0.05`: a shorter jump leaves a short wait. `weak_teacher = [2, 0.5, 0.02]`: slower modes, speed-up about 16.
# `start_scales = [1e-2, 1e-3, 1e-4]`: almost nothing to gain.

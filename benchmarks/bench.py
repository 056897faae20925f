"""Our stepping of many seeds against jax and against what the processor can do: `make bench`.

All in one process, one thread, float64: first the same steps from the same starts as a user's own loop,
which must agree to 1e-10, then timings in turn. Time is CPU time for one step of one seed. A task passes
if it is about as fast as jax (vmap, jit, scan) in the same run, or uses its share of the processor's best
matrix product; the user's loop is information. Writes build/benchmarks.json; with --publish also
benchmarks/README.md and benchmarks/cost.svg.
"""

import argparse
import importlib.metadata
import importlib.util
import os
import platform
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path

for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np  # noqa: E402
import torch  # noqa: E402

from lib import linear_networks as ln  # noqa: E402
from lib import spectral  # noqa: E402
from lib.descent import Momentum, Plain, descend  # noqa: E402
from lib.landscapes import perceptrons, spin_glass  # noqa: E402
from lib.practice.classifiers import train_apart  # noqa: E402
from lib.practice.starts import uniform_start  # noqa: E402
from lib.stages import low_rank  # noqa: E402
from lib.suite.output import write_json, write_text  # noqa: E402
from lib.suite.threads import keep_memory  # noqa: E402

torch.set_num_threads(1)
keep_memory()  # for all sides
ROOT = Path(__file__).resolve().parents[1]
AS_FAST_AS_JAX = 0.8  # jax's time / ours; two runs of one loop differ by a tenth on a busy machine


@dataclass(frozen=True)
class Task:
    """ours(steps) -> weights (seeds, ...); peer(seed, steps) -> that seed's weights, by autograd.

    what: the task in words.
    flops: floating-point operations of the matrix products in our step of one seed.
    share: of the processor's best matrix product, enough where jax is faster or is not installed.
    """

    name: str
    what: str
    seeds: int
    ours: callable
    peer: callable
    steps: int
    peer_steps: int
    flops: float
    share: float
    jax: callable = None


def user_loop(weights, loss, rate, steps, momentum=0.0, after=None):
    """What a user writes: parameters, an optimizer, a loss, backward, step."""
    weights = [torch.nn.Parameter(w.clone()) for w in weights]
    optimizer = torch.optim.SGD(weights, lr=rate, momentum=momentum)
    for _ in range(steps):
        optimizer.zero_grad()
        loss(weights).backward()
        optimizer.step()
        if after is not None:
            with torch.no_grad():
                after(weights)
    return tuple(w.detach() for w in weights)


def jax_loop(loss, weights, problem, rate, steps, momentum=0.0, after=None):
    """The same loop as vmap + jit + scan: a call that runs it on all seeds. loss(weights, problem)."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)

    def one(parameters, problem):
        def step(state, _):
            w, v = state
            g = jax.grad(loss)(w, problem)
            v = tuple(momentum * a - rate * b for a, b in zip(v, g, strict=True))
            w = tuple(a + b for a, b in zip(w, v, strict=True))
            return (w if after is None else after(w), v), None

        start = parameters, tuple(jnp.zeros_like(a) for a in parameters)
        return jax.lax.scan(step, start, None, length=steps)[0][0]

    run = jax.jit(jax.vmap(one))
    arrays = [tuple(jnp.array(x.numpy()) for x in xs) for xs in (weights, problem)]
    return lambda: jax.block_until_ready(run(*arrays))


def chain(weights):
    """W_N ... W_1, the way it is said: one layer after the other."""
    product = weights[0]
    for w in weights[1:]:
        product = w @ product
    return product


def linear(name, widths, seeds, scale, steps, peer_steps, share, mask_share=None):
    """A deep linear network on a random target, all entries seen or a share of them."""
    rng = np.random.default_rng(0)
    shapes = [(seeds, b, a) for a, b in zip(widths, widths[1:], strict=False)]
    weights = tuple(torch.from_numpy(scale * rng.standard_normal(s)) for s in shapes)
    target = torch.from_numpy(rng.standard_normal((seeds, widths[-1], widths[0])))
    problem, gradient, rate = (target,), ln.gradients, 1e-3
    if mask_share is not None:
        mask = torch.from_numpy((rng.random(target.shape) < mask_share).astype(float))
        problem, gradient = (target, mask), low_rank.completion_gradients

    def ours(steps):
        return descend(gradient, weights, problem=problem, rule=Plain(rate), steps=steps).weights

    def peer(seed, steps):
        seen = [x[seed] for x in problem]

        def loss(parameters):
            residual = chain(parameters) - seen[0]
            if mask_share is not None:
                residual = residual * seen[1]
            return (residual**2).sum() / 2

        return user_loop([w[seed] for w in weights], loss, rate, steps)

    def jax_loss(parameters, problem):
        residual = chain(parameters) - problem[0]
        if mask_share is not None:
            residual = residual * problem[1]
        return (residual**2).sum() / 2

    def by_jax(steps):
        return jax_loop(jax_loss, weights, problem, rate, steps)

    thin = min(widths[0], widths[-1])
    layers = sum(a * b for a, b in zip(widths, widths[1:], strict=False))
    flops = 2 * thin * (3 * layers - widths[0] * widths[1] - widths[-1] * widths[-2])
    seen = "" if mask_share is None else f", {mask_share:.0%} of the entries seen"
    what = f"linear networks {'-'.join(map(str, widths))}{seen}"
    return Task(name, what, seeds, ours, peer, steps, peer_steps, flops, share, by_jax)


def xor():
    """2-2-1 logistic, momentum .9: Rumelhart's setting, 2,000 networks."""
    task = perceptrons.xor()
    weights = perceptrons.start(2000, 2, 2, 1.0, np.random.default_rng(0))

    def ours(steps):
        return descend(
            lambda w: perceptrons.error_gradient(w, task),
            weights,
            rule=Momentum(0.5, 0.9),
            steps=steps,
        ).weights

    def peer(seed, steps):
        def loss(parameters):
            hidden = torch.sigmoid(task.inputs @ parameters[0].T)
            answer = torch.sigmoid(hidden @ parameters[1][:-1] + parameters[1][-1])
            return ((answer - task.targets) ** 2).sum() / 2

        return user_loop([w[seed] for w in weights], loss, 0.5, steps, momentum=0.9)

    def by_jax(steps):
        from jax.nn import sigmoid

        inputs, targets = task.inputs.numpy(), task.targets.numpy()

        def loss(parameters, _):
            hidden = sigmoid(inputs @ parameters[0].T)
            answer = sigmoid(hidden @ parameters[1][:-1] + parameters[1][-1])
            return ((answer - targets) ** 2).sum() / 2

        return jax_loop(loss, weights, (), 0.5, steps, momentum=0.9)

    what = "XOR networks 2-2-1, logistic, momentum .9"
    return Task("xor", what, 2000, ours, peer, 200, 200, 2 * 4 * (2 * 2 * 3 + 2 * 3), 0.01, by_jax)


def three_spin(n=100, starts=50):
    """Descent on the sphere in one 3-spin glass from many starts."""
    couplings = spin_glass.couplings(n, 3, 0)
    spins = spin_glass.random_spins(n, (starts,), np.random.default_rng(1))
    tensor = spin_glass.to_tensor(couplings)

    def ours(steps):
        return descend(
            lambda w: (spin_glass.gradient(couplings, w[0]),), (spins,), steps=steps,
            rule=Plain(0.05, retraction=lambda w: (spin_glass.to_sphere(w[0]),)),
        ).weights  # fmt: skip

    def peer(seed, steps):
        def loss(parameters):
            unit = parameters[0] / parameters[0].norm() * n**0.5  # the energy on the sphere
            return ((tensor @ unit) @ unit) @ unit / n

        def back(parameters):
            parameters[0].mul_(n**0.5 / parameters[0].norm())

        return user_loop([spins[seed]], loss, 0.05, steps, after=back)

    def by_jax(steps):
        dense = tensor.numpy()

        def norm(x):
            return (x * x).sum() ** 0.5

        def loss(parameters, _):
            unit = parameters[0] / norm(parameters[0]) * n**0.5
            return ((dense @ unit) @ unit) @ unit / n

        back = lambda w: (w[0] * (n**0.5 / norm(w[0])),)  # noqa: E731
        return jax_loop(loss, (spins,), (), 0.05, steps, after=back)

    what = f"starts in a 3-spin glass of {n} spins"
    return Task("three_spin", what, starts, ours, peer, 20, 20, n * n * (n + 1), 0.2, by_jax)


def classifier(networks=32, widths=(100, 32, 10), batch=64):
    """ReLU networks with cross-entropy, momentum .9, each on a minibatch of its own."""
    rng = np.random.default_rng(0)
    start = uniform_start(widths, networks, rng)
    images = torch.from_numpy(rng.standard_normal((networks, batch, widths[0])))
    labels = torch.from_numpy(rng.integers(0, widths[-1], (networks, batch)))
    whole = torch.arange(batch)

    def ours(steps):
        orders = whole.expand(networks, steps, -1)
        return train_apart(start, (images, labels), orders, Momentum(0.1, 0.9)).weights

    def peer(seed, steps):
        def loss(parameters):
            first, second, b, c = parameters
            scores = torch.relu(images[seed] @ first.T + b) @ second.T + c
            return torch.nn.functional.cross_entropy(scores, labels[seed])

        own = [x[seed] for x in start.tensors()]
        return user_loop(own, loss, 0.1, steps, momentum=0.9)

    def by_jax(steps):
        from jax.nn import log_softmax, relu

        def loss(parameters, problem):
            first, second, b, c = parameters
            scores = relu(problem[0] @ first.T + b) @ second.T + c
            return -(problem[1] * log_softmax(scores)).sum(1).mean()

        known = torch.nn.functional.one_hot(labels, widths[-1]).double()
        return jax_loop(loss, start.tensors(), (images, known), 0.1, steps, momentum=0.9)

    flops = 2 * batch * (2 * widths[0] * widths[1] + 3 * widths[1] * widths[2])
    what = f"ReLU classifiers {'-'.join(map(str, widths))}, each its own minibatch of {batch}"
    return Task("classifier", what, networks, ours, peer, 50, 200, flops, 0.13, by_jax)


def tasks():
    """The tasks; the shares are half of those measured on a server processor with AVX-512."""
    return [
        linear("linear_d5", [5] * 4, 1000, 0.3, 100, 200, 0.03),
        linear("linear_d32", [32] * 5, 100, 0.1, 30, 200, 0.2),
        linear("completion_d20", [20] * 3, 20, 0.1, 200, 200, 0.08, mask_share=0.8),
        linear("scalar_128", [128, 128, 32, 1], 50, 0.05, 50, 100, 0.1),
        xor(),
        three_spin(),
        classifier(),
    ]


def agreement(task):
    """Largest difference between ours and the peer after the same steps, first and last seed."""
    steps = min(task.steps, 50)
    ours = task.ours(steps)
    return max(
        float((a[seed] - b).abs().max())
        for seed in (0, task.seeds - 1)
        for a, b in zip(ours, task.peer(seed, steps), strict=True)
    )


def seconds(call):
    """CPU seconds of one call."""
    start = time.process_time()
    call()
    return time.process_time() - start


def measure(task, pairs=7):
    """One row: microseconds for a step of a seed, ours and peer's in turn; the median and range of their ratios."""
    difference = agreement(task)
    if not difference <= 1e-10:
        raise SystemExit(f"{task.name}: results differ by {difference:.1e}, 1e-10 is allowed")
    ours, peer = [], []
    for _ in range(pairs):
        ours.append(seconds(lambda: task.ours(task.steps)) / task.steps / task.seeds * 1e6)
        peer.append(seconds(lambda: task.peer(0, task.peer_steps)) / task.peer_steps * 1e6)
    ratios = [b / a for a, b in zip(ours, peer, strict=True)]
    row = {
        "task": task.name,
        "what": f"{task.seeds:,} {task.what}",
        "peer_us": round(statistics.median(peer), 2),
        "ours_us": round(statistics.median(ours), 4),
        "ratio": round(statistics.median(ratios), 1),
        "ratio_range": [round(min(ratios), 1), round(max(ratios), 1)],
        "difference": difference,
        "gflops": round(task.flops / statistics.median(ours) / 1e3, 2),
    }
    if task.jax is not None and importlib.util.find_spec("jax"):
        run = task.jax(task.steps)
        run()  # compiles
        jax = min(seconds(run) for _ in range(3)) / task.steps / task.seeds * 1e6
        row |= {"jax_us": round(jax, 4), "jax_ratio": round(jax / statistics.median(ours), 2)}
    row["share_wanted"] = task.share
    return row


def passes(row, peak):
    """Whether a task is about as fast as jax, or uses its share of the processor."""
    fast = row.get("jax_ratio", 0) >= AS_FAST_AS_JAX
    return fast or row["gflops"] / peak >= row["share_wanted"]


def blas():
    """The kernels that numpy's BLAS and torch's MKL have picked: they decide these numbers."""
    from threadpoolctl import threadpool_info

    found = [f"{i['internal_api']} {i.get('architecture', '')}".strip() for i in threadpool_info()]
    return ", ".join(dict.fromkeys(found))


def gemm_peak(size=512):
    """GFLOP/s of one large float64 matrix product, the best of ten: what this core can do."""
    a = np.random.default_rng(0).standard_normal((size, size))
    return max(2 * size**3 / seconds(lambda: a @ a) / 1e9 for _ in range(10))


def spectral_against_matrices(seeds=100, size=32, depth=4, steps=100):
    """How many times faster the spectral recursion is than batched matrices, same problem."""
    rng = np.random.default_rng(0)
    values = torch.from_numpy(rng.uniform(0.5, 1.5, (seeds, size)))
    modes = torch.full((depth, seeds, size), 0.9, dtype=torch.float64)
    bases = ln.orthogonal(size, rng, (seeds,)), ln.orthogonal(size, rng, (seeds,))
    weights = spectral.spectral_weights(modes, *bases)
    problem = (bases[0] @ torch.diag_embed(values) @ bases[1],)
    matrices = seconds(
        lambda: descend(ln.gradients, weights, rule=Plain(1e-2), problem=problem, steps=steps)
    )
    return matrices / seconds(
        lambda: spectral.spectral_descent(modes, values, learning_rate=1e-2, record=[steps])
    )


def dropping(networks=10_000):
    """How many times faster training to `solved` is when finished networks are dropped."""
    task = perceptrons.xor()
    weights = perceptrons.start(networks, 2, 2, 1.0, np.random.default_rng(0))
    call = {"learning_rate": 0.5, "sweeps": 3000, "tolerance": 0.1}
    drop = seconds(lambda: perceptrons.train(weights, task, **call))
    gradient = lambda w: perceptrons.error_gradient(w, task)  # noqa: E731
    return seconds(lambda: descend(gradient, weights, Momentum(0.5, 0.9), steps=3000)) / drop


def linear_step(seeds, size, depth, steps=50):
    """CPU microseconds of one step of `seeds` deep linear networks."""
    rng = np.random.default_rng(0)
    weights = tuple(
        torch.from_numpy(0.1 * rng.standard_normal((seeds, size, size))) for _ in range(depth)
    )
    problem = (torch.from_numpy(rng.standard_normal((seeds, size, size))),)
    run = lambda: descend(ln.gradients, weights, problem=problem, rule=Plain(1e-3), steps=steps)  # noqa: E731
    return min(seconds(run) for _ in range(3)) / steps * 1e6


def spin_step(n, starts=20):
    """CPU microseconds of one gradient at `starts` spins of one 3-spin glass."""
    couplings = spin_glass.couplings(n, 3, 0)
    spins = spin_glass.random_spins(n, (starts,), np.random.default_rng(1))
    return min(seconds(lambda: spin_glass.gradient(couplings, spins)) for _ in range(5)) * 1e6


def growth(path):
    """One figure: how a step's cost grows, with the exponent predicted by counting operations."""
    import matplotlib.pyplot as plt

    from lib.suite import figures

    sweeps = [
        ("seeds (N = 3, d = 5)", [1, 10, 100, 1000, 10_000], lambda x: linear_step(x, 5, 3), 1),
        ("depth N (d = 16, 100 seeds)", [2, 4, 8, 16, 32], lambda x: linear_step(100, 16, x), 1),
        ("width d (N = 3, 20 seeds)", [8, 16, 32, 64, 128], lambda x: linear_step(20, x, 3), 3),
        ("spins n (p = 3, 20 starts)", [25, 50, 100, 200], spin_step, 3),
    ]
    figures.style()
    figure, axes = plt.subplots(2, 2, figsize=(9.5, 6), layout="constrained")
    for ax, (name, sizes, cost, predicted) in zip(axes.flat, sweeps, strict=True):
        measured = [cost(x) for x in sizes]
        half = np.log(sizes[len(sizes) // 2 :]), np.log(measured[len(sizes) // 2 :])
        slope = np.polyfit(*half, 1)[0]
        ax.loglog(sizes, measured, marker="o", label=f"measured, exponent {slope:.2f}")
        line = [measured[-1] * (x / sizes[-1]) ** predicted for x in sizes]
        ax.loglog(sizes, line, **figures.PREDICTION, label=f"operations, exponent {predicted}")
        ax.set(xlabel=name, xticks=sizes[:: 1 + len(str(sizes[-1])) // 5])
        ax.xaxis.set_major_formatter("{x:g}")
        ax.minorticks_off()
        ax.legend(fontsize=8)
        print(f"{name}: exponent {slope:.2f} over the upper half, {predicted} by operations")
    for ax in axes[:, 0]:
        ax.set_ylabel("microseconds a step")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})


def table(rows, peak, extras):
    """The table, with the kind of machine above it."""
    lines = [
        f"One thread of {cpu()}, torch {torch.__version__.split('+')[0]}, {jax_version()}, {blas()}; best float64 matrix "
        f"product {peak:.0f} GFLOP/s. Microseconds for one step of one seed, median of 7.",
        "",
        "| task | ours | jax / ours | share of the best matrix product | wanted | user's loop / ours |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        low, high = row["ratio_range"]
        lines.append(
            f"| {row['what']} | {row['ours_us']:.3g} | {row.get('jax_ratio', 'not installed')} "
            f"| {row['gflops'] / peak:.0%} | {AS_FAST_AS_JAX} of jax or {row['share_wanted']:.0%} "
            f"| {row['ratio']:.0f} ({low:.0f}-{high:.0f}) |"
        )
    lines += ["", *(f"{text}: {value:.0f} times." for text, value in extras.items())]
    return "\n".join(lines)


def jax_version():
    """`jax 0.10.2`, or that there is none."""
    try:
        return f"jax {importlib.metadata.version('jax')}"
    except importlib.metadata.PackageNotFoundError:
        return "no jax"


def cpu():
    """The kind of processor, as the system names it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().split("\n")
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


PAGE = """# How fast

Made by `make bench`. jax is vmap, jit and scan, compiled before; a user's loop is one network at a time with
autograd and an optimizer. What decides: about as fast as jax in the same run, or a share of what the processor
can do. Ratios above 1: ours is faster. (jax is not in the lock: `.venv/bin/pip install jax`.)

{table}

![Cost of a step against seeds, depth, width and spins](cost.svg)
"""


def main():
    """Run the tasks, print and store the table; exit 1 if a task is neither as fast as jax nor busy."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--publish", action="store_true", help="into benchmarks/")
    arguments = parser.parse_args()
    peak = gemm_peak()
    rows = []
    for task in tasks():
        rows.append(measure(task))
        print({key: rows[-1][key] for key in rows[-1]}, flush=True)
    extras = {
        "Spectral recursion against batched matrices (d = 32, N = 4, 100 seeds)": spectral_against_matrices(),
        "Dropping finished networks (XOR to solved, 10,000 networks)": dropping(),
    }
    text = table(rows, peak, extras)
    print(text)
    write_json(ROOT / "build" / "benchmarks.json", rows)
    growth(ROOT / ("benchmarks" if arguments.publish else "build") / "cost.svg")
    if arguments.publish:
        write_text(ROOT / "benchmarks" / "README.md", PAGE.format(table=text))
    if missed := [row["task"] for row in rows if not passes(row, peak)]:
        sys.exit(f"slower than jax and below the share of the processor: {', '.join(missed)}")


if __name__ == "__main__":
    main()

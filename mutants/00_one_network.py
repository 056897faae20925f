"""The wrong theories that 00_one_network must reject."""

import torch


def _small(patch):
    """Fewer seeds: enough where the effect is large."""
    patch.parameters(seeds=3)


def noise_does_the_work(patch):
    """Without the noise of minibatches a step is worth a third of one with it.

    Fails: 00.1a
    """
    _small(patch)

    def slower(right, task, arms, *, noise=True, steps, **options):
        return right(task, arms, noise=noise, steps=steps if noise else steps // 3, **options)

    patch("synthesis.changes.train", slower)


def signs_are_what_is_learned(patch):
    """Half of the signs at the start are wrong, and where they are held the weight is lost.

    Fails: 00.1b
    """
    _small(patch)

    def lost(right, task, arms, **options):
        def half(x):
            return x * (torch.arange(x[0].numel()) % 2).reshape(x[0].shape)

        arms = {
            name: arm._replace(start=arm.start.map(half)) if arm.signs else arm
            for name, arm in arms.items()
        }
        return right(task, arms, **options)

    patch("synthesis.changes.train", lost)


def imbalance_costs_what_it_weighs(patch):
    """Out of balance, a step is worth a third of one in balance.

    Fails: 00.1c
    """
    _small(patch)

    def slower(right, task, arms, *, steps, **options):
        out = {name: arm for name, arm in arms.items() if "×" in name or "÷" in name}
        rest = {name: arm for name, arm in arms.items() if name not in out}
        found = right(task, rest, steps=steps, **options)
        return found | (right(task, out, steps=steps // 3, **options) if out else {})

    patch("synthesis.changes.train", slower)


def curvature_rests_at_the_edge(patch):
    """Descent sharpens the loss until the largest curvature stands at 2/eta.

    Fails: 00.2a
    """
    _small(patch)
    patch(
        "synthesis.changes.largest_curvature",
        lambda right, *given: right(*given).clamp(min=2 / 0.1),
    )


def any_directions_will_do(patch):
    """What counts is how many directions are forbidden, not which.

    Fails: 00.2b
    """

    def others(right, hessian):
        torch.manual_seed(0)
        return [torch.linalg.qr(torch.randn_like(q))[0] for q in right(hessian)]

    patch("synthesis.mechanisms.negative_directions", others)


def the_way_it_curves_does_not_count(patch):
    """Directions count by how much the loss curves along them, not by whether it is up or down.

    Fails: 00.2b
    """
    from lib.synthesis.mechanisms import opposite_directions

    patch.value("synthesis.mechanisms.negative_directions", opposite_directions)


def gauss_newton(patch):
    """The Hessian is its Gauss-Newton part: no direction curves down, and there is nothing to forbid.

    Fails: 00.2b
    """

    def positive(right, *given):
        values, vectors = torch.linalg.eigh(right(*given))
        return vectors @ torch.diag_embed(values.clamp(min=0)) @ vectors.mT

    patch("synthesis.mechanisms.hessians", positive)


def the_network_is_lazy(patch):
    """Sixty-four units are wide enough: the network is linear in its weights.

    Fails: 00.3a
    """
    from lib.synthesis import mechanisms

    _small(patch)

    def same(right, task, *, rate, steps):
        arms = {"": mechanisms.Arm(task.start)}
        end = mechanisms.train(task, arms, rate=rate, steps=steps)[""].network
        return {"loss": task.loss(end), "accuracy": task.accuracy(end)}

    patch("synthesis.mechanisms.linearized", same)


def all_equal_ends_attract(patch):
    """One valley for all: gradients point to every copy of the end.

    Fails: 00.3b
    """
    import numpy as np

    from lib.synthesis import mechanisms

    _small(patch)
    patch(
        "synthesis.mechanisms.agreement",
        lambda right, task, network, end: right(
            task, network, mechanisms.renumbered(end, np.random.default_rng(0))
        ),
    )


def deeper_networks_need_noise(patch):
    """Two hidden layers do without noise, four do not.

    Fails: 00.4a
    """
    _small(patch)

    def slower(right, task, arms, *, noise=True, steps, **options):
        whole = noise or len(task.start.weights) < 5
        return right(task, arms, noise=noise, steps=steps if whole else steps // 3, **options)

    patch("synthesis.changes.train", slower)


def units_keep_no_balance(patch):
    """Rectifiers keep no more than matrices do.

    Fails: 00.5c
    """
    from lib.synthesis import mechanisms

    _small(patch)
    patch(
        "synthesis.mechanisms.unit_balance",
        lambda right, network: mechanisms.matrix_balance(network),
    )


def glorots_start_is_hes(patch):
    """The rectifier halves nothing: the variance of a start is one over the inputs.

    Fails: 00.5i
    """
    _small(patch)
    patch("synthesis.mechanisms.he", lambda right, inputs, outputs: right(inputs, outputs) / 2)

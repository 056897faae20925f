"""The wrong theories that 32_balancedness must reject."""

import torch


def _small(patch):
    """Where the map is not the point, make it coarse."""
    patch.parameters(cells=100)


def edge_of_the_wrong_sign(patch):
    """The edge where 4 - eta S - eta^2 (p - 1) is zero: the last term with its sign turned.

    Fails: 32.3b
    """
    _small(patch)

    def rate(old, modes):
        size, product = modes.square().sum(0), modes.prod(0)
        return (8 / (size + torch.sqrt(size**2 + 16 * (product - 1)))).clamp(max=1)

    patch("trajectories.counterexamples.critical_learning_rate", rate)


def edge_of_linear_stability(patch):
    """The edge is that of linear stability, eta lambda = 2: no catapult.

    Fails: 32.3a, 32.3b
    """
    _small(patch)
    patch(
        "trajectories.counterexamples.overshoot_gap",
        lambda old, modes, rate: old(modes, 2 * rate),
    )
    patch(
        "trajectories.counterexamples.critical_learning_rate",
        lambda old, modes: old(modes) / 2,
    )


def edge_at_twice_the_stability(patch):
    """The edge is eta lambda = 4 with the curvature nearby: S alone decides at large imbalance.

    Fails: 32.3b
    """
    _small(patch)

    def rate(old, modes):
        return 4 / ((modes[0] ** 2 - modes[1] ** 2) ** 2 + 4).sqrt()

    patch("trajectories.counterexamples.critical_learning_rate", rate)


def convergence_for_every_gap(patch):
    """Every start with eta < 1 converges, whatever its imbalance.

    Fails: 32.3a, 32.4a
    """
    _small(patch)
    patch(
        "trajectories.counterexamples.overshoot_gap",
        lambda old, modes, rate: torch.ones_like(old(modes, rate)),
    )


def size_four_times_smaller(patch):
    """A quarter of the size is enough for the proof's induction.

    Fails: 32.5c
    """
    _small(patch)
    patch("trajectories.counterexamples.overshooting_size", lambda old, *given: old(*given) / 4)


def size_that_ignores_the_margin(patch):
    """The imbalance needed does not depend on how near the target is: A as for c = 0.3.

    Fails: 32.5c
    """
    _small(patch)
    patch(
        "trajectories.counterexamples.overshooting_size",
        lambda old, rate, depth, margin: old(rate, depth, 0.3),
    )


def growth_of_one_power_more(patch):
    """The layers grow as C(t+1) = eta C(t)^(2N): one power more.

    Fails: 32.5i
    """
    _small(patch)

    def bounds(old, modes, rate, depth, steps):
        return old(modes, rate, depth + 0.5, steps)

    patch("trajectories.counterexamples.overshoot_bounds", bounds)


def growth_of_one_power_less(patch):
    """The layers grow as C(t+1) = eta C(t)^(2N-2): one power less.

    Fails: 32.5i
    """
    _small(patch)

    def bounds(old, modes, rate, depth, steps):
        return old(modes, rate, depth - 0.5, steps)

    patch("trajectories.counterexamples.overshoot_bounds", bounds)


def balanced_starts(patch):
    """The premise violated: all layers of one size, so that there is no imbalance.

    Fails: 32.5b, 32.1a, 32.5c
    """
    _small(patch)

    def one_size(old, large, rate, depth, margin, steps=12):
        return old(torch.full_like(large, margin ** (1 / depth)), rate, depth, margin, steps)

    patch("trajectories.counterexamples.overshoot", one_size)


def starts_with_another_product(patch):
    """The product of the layers is c^2: the other half has size c^(4/N) / A.

    Fails: 32.5a
    """
    _small(patch)
    patch(
        "trajectories.counterexamples.two_group_modes",
        lambda old, large, depth, product: old(large, depth, product**2),
    )


def imbalance_is_conserved(patch):
    """Descent keeps the imbalance of two layers, as gradient flow does.

    Fails: 32.5g
    """
    _small(patch)

    def law(old, path, rate):
        measured, predicted = old(path, rate)
        return measured, measured[0].expand_as(predicted)

    patch("trajectories.counterexamples.imbalance_law", law)


def imbalance_law_of_first_order(patch):
    """A step multiplies the imbalance by 1 - eta (p - 1)^2.

    Fails: 32.5g
    """
    _small(patch)
    patch(
        "trajectories.counterexamples.imbalance_law",
        lambda old, path, rate: (path[:, 0] ** 2 - path[:, 1] ** 2, old(path, rate**0.5)[1]),
    )


def curvature_without_the_imbalance(patch):
    """The curvature nearby is N: imbalance does not sharpen the minimum.

    Fails: 32.2c
    """
    _small(patch)
    patch(
        "trajectories.counterexamples.nearby_sharpness",
        lambda old, imbalance, depth: old(0 * torch.as_tensor(imbalance), depth),
    )
    patch(
        "trajectories.counterexamples.bisected_edge",
        lambda old, modes, low, high, **_: 0 * modes[0] + low,
    )


def curvature_of_one_layer(patch):
    """The top curvature at a minimum is twice sum_j (p / a_j)^2.

    Fails: 32.5e
    """
    _small(patch)
    patch("trajectories.counterexamples.sharpness", lambda old, modes: 2 * old(modes))


def catapults_from_1_9_on(patch):
    """A minimum turns unstable at eta lambda = 1.9, not 2.

    Fails: 32.4b
    """
    _small(patch)
    patch(
        "trajectories.counterexamples.nearby_sharpness",
        lambda right, imbalance, depth: right(imbalance, depth) * 2 / 1.9,
    )


def curvature_of_half_the_depth(patch):
    """Two layers or eight, the curvature is that of two: a balanced start is stable below 1.

    Fails: 32.2c
    """
    _small(patch)
    patch(
        "trajectories.counterexamples.nearby_sharpness",
        lambda right, imbalance, depth: right(imbalance, 2),
    )

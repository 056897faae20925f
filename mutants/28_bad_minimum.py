"""The wrong theories that 28_bad_minimum must reject."""

import math


def _few(patch):
    """Where shares of starts are not the point: few of them."""
    patch.parameters(starts=2000, patches=[4], many=[4], networks=20)


def _two(patch):
    """Where they are: as many starts, for fewer numbers of patches."""
    patch.parameters(patches=[4], many=[2, 64])


def the_edge_is_k_over_pi(patch):
    """A patch's own square does not count beside the others: the edge is k / pi.

    Fails: 28.1a
    """
    _few(patch)
    patch("landscapes.patches.edge_ratio", lambda right, k: k / math.pi)


def the_edge_without_the_own_mean(patch):
    """Only other patches hold the sum up: the edge is (k - 1) / pi.

    Fails: 28.1a
    """
    _few(patch)
    patch("landscapes.patches.edge_ratio", lambda right, k: (k - 1) / math.pi)


def the_kernel_of_a_linear_unit(patch):
    """A ReLU passes half of a Gaussian, as a linear unit of half the strength: g = pi cos(phi).

    Fails: 28.1a, 28.3a
    """
    import torch

    patch.parameters(starts=2000, patches=[4], many=[4])
    patch("landscapes.patches.overlap", lambda right, angle: math.pi * torch.cos(angle))


def the_mean_of_the_relu_is_forgotten(patch):
    """Different patches see independent numbers of mean 0: no sum in the flow, and all arrive.

    Fails: 28.2a, 28.2c, 28.3a
    """
    _two(patch)

    def centred(right, now, goal, patches):
        from lib.landscapes.patches import Numbers, overlap

        g, turned = overlap(now.angle), right(now, goal, patches).angle
        speeds = (
            (g * b - math.pi * a) / (2 * math.pi)
            for a, b in ((now.total, goal.total), (now.apart, goal.apart))
        )
        return Numbers(turned, *speeds)

    def flowed(right, now, goal, patches, time=400.0):
        import lib.landscapes.patches as pt

        for _ in range(400):
            speeds = centred(pt.velocity, now, goal, patches)
            now = pt.Numbers(*(a + 0.25 * b for a, b in zip(now, speeds, strict=True)))
        return (now.angle > math.pi / 2).double()

    patch("landscapes.patches.flow_fates", flowed)


def no_bad_minimum(patch):
    """Every minimum is a good one: nobody is caught.

    Fails: 28.2a, 28.2c
    """
    _two(patch)
    patch(
        "landscapes.patches.foretold_shares",
        lambda right, *given, **more: 0 * right(*given, **more),
    )


def one_half_whatever_the_ratio(patch):
    """Where there is a bad minimum, it catches half.

    Fails: 28.2a, 28.2c
    """
    _two(patch)
    patch(
        "landscapes.patches.foretold_shares",
        lambda right, *given, **more: 0 * right(*given, **more) + 0.5,
    )


def the_share_falls_in_a_straight_line(patch):
    """From one half at ratio 0 to nothing at the edge, in proportion.

    Fails: 28.2a
    """
    patch.parameters(patches=[16], many=[2])
    import numpy as np

    def line(right, patches, inputs, ratios, *given, **more):
        from lib.landscapes.patches import edge_ratio

        if ratios[0] is None:
            return right(patches, inputs, ratios, *given, **more)
        return 0.5 * np.clip(1 - np.array(ratios) / edge_ratio(patches), 0, 1)

    patch("landscapes.patches.foretold_shares", line)


def the_nearer_half_arrives(patch):
    """The filter's half-sphere decides: who starts within a right angle arrives, the others are caught.

    Fails: 28.2a, 28.2c, 28.3a
    """
    _two(patch)
    patch(
        "landscapes.patches.flow_fates",
        lambda right, now, *_: (now.angle > math.pi / 2).double(),
    )


def the_first_pull_decides(patch):
    """Who is pulled towards the teacher in the first step arrives.

    Fails: 28.2a, 28.2c, 28.3a
    """
    _two(patch)

    def first(right, now, goal, patches, *_):
        pull = now.total * goal.total / patches + now.apart * goal.apart
        return (pull < 0).double()

    patch("landscapes.patches.flow_fates", first)


def a_saddle_in_place_of_a_minimum(patch):
    """The pull at the opposite filter has the other sign: below the edge it is a saddle.

    Fails: 28.1b
    """
    _few(patch)
    patch("landscapes.patches.opposite_pull", lambda right, given: -right(given))


def the_minimum_is_quadratic(patch):
    """The loss rises as the square: it is the logarithm of 1 / psi that grows at a constant rate.

    Fails: 28.1b
    """
    _few(patch)

    def logarithm(right, given, turned, rng, times):
        rate = -_pull(given) / (2 * math.pi)
        left = turned * (-rate[None] * _times(times)).exp()  # 1 / psi of an exponential fall
        return (1 / left[1] - 1 / left[0]) / (times[1] - times[0])

    def _pull(given):
        from lib.landscapes.patches import opposite_pull

        return opposite_pull(given)

    def _times(times):
        import torch

        return torch.tensor(times, dtype=torch.float64)[:, None]

    patch("landscapes.patches.approach", logarithm)


def wide_teachers_have_no_bad_minimum(patch):
    """Random output weights are positive: the ratio grows with the number of patches as the edge does, and faster.

    Fails: 28.2c
    """
    _two(patch)

    def positive(right, patches, inputs, ratios, *given, **more):
        if ratios[0] is not None:
            return right(patches, inputs, ratios, *given, **more)
        ratio = 2 * patches / math.pi  # of |N(0, 1)|
        return right(patches, inputs, [ratio], *given, **more)

    patch("landscapes.patches.foretold_shares", positive)


def the_sign_of_the_output_weights_is_enough(patch):
    """Two starts, with a and with -a, have one that arrives.

    Fails: 28.4a
    """
    _few(patch)
    patch("landscapes.patches.sign_flips", lambda right, weights: right(weights)[:2])


def four_starts_are_four_starts(patch):
    """Four independent starts are as good as four signs.

    Fails: 28.4a
    """
    _few(patch)
    import torch

    def independent(right, weights):
        v, a = weights
        return [tuple(torch.roll(x, j, 0) for x in (v, a)) for j in range(4)]

    patch("landscapes.patches.sign_flips", independent)


def noise_cannot_free(patch):
    """Single images are as good as many: minibatches of 64 in their place.

    Fails: 28.4b
    """
    _few(patch)
    patch.parameters(shaken=50)
    patch(
        "landscapes.patches.shaken",
        lambda right, given, rate, looks, rng, *, held, batch=1: right(
            given, rate, looks, rng, held=held, batch=32
        ),
    )


def normalization_does_not_matter(patch):
    """Weight normalization only writes the sphere in other words: the length is free.

    Fails: 28.4b
    """
    _few(patch)
    patch(
        "landscapes.patches.shaken",
        lambda right, *given, held, **more: right(*given, held=False, **more),
    )

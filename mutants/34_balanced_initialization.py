"""The wrong theories that 34_balanced_initialization must reject."""

from dataclasses import replace
from math import log

import torch


def _no_search(patch):
    """Where the search is not the point, make it small."""
    patch.parameters(seeds=3, scales_per_decade=1)


def _promise(patch, **changes):
    """Theorem 2 with some constants changed: {name: wrong(promise, a)}."""
    _no_search(patch)

    def wrong(right, size, depth, spread):
        promise = right(size, depth, spread)
        return replace(promise, **{k: change(promise, spread) for k, change in changes.items()})

    patch("trajectories.promises.balanced_promise", wrong)


# --- which scales work -----------------------------------------------------------------------------


def layer_wise_scales_one_layer(patch):
    """A layer-wise start scales with s, not with s^N: only W_1 is multiplied.

    Fails: 34.1a
    """

    def first_only(right, tensors, factors):
        if len(tensors) > 3:
            factors = [factors[0], *(0 * f + 0.1 for f in factors[1:-1]), factors[-1]]
        return right(tensors, factors)

    patch("linear_networks.at_scales", first_only)


def balanced_layers_have_the_scale_s(patch):
    """Procedure 1 gives every layer the scale s, as the layer-wise start does: its axis is no wider.

    Fails: 34.1b, 34.1c
    """

    def by_layer(right, widths, products, seeds, rng, **options):
        found = right(widths, products, seeds, rng, **options)
        even, root = found["balanced"], 1 / (len(widths) - 1)
        return found | {"balanced": replace(even, scale=even.scale**root)}

    patch("trajectories.initialization.search_scales", by_layer)


def whole_scale_in_the_first_layer(patch):
    """Procedure 1 puts the product into W_1 and leaves the other layers at size 1.

    Fails: 34.1c, 34.2a
    """
    patch("trajectories.initialization.balanced_state", lambda right, x, y, N: (0 * x + 1, x, y))


def balanced_starts_descend_as_one_layer(patch):
    """What a balanced start gains is that its layers move as one: descent on the product itself.

    Fails: 34.1c
    """
    patch(
        "trajectories.initialization.balanced_gradients",
        lambda right, state, N: tuple(
            x / N for x in (0 * state[0], *right((0 * state[0] + 1, *state[1:]), N)[1:])
        ),
    )


# --- the wait --------------------------------------------------------------------------------------


def wait_of_one_power_more(patch):
    """Near the saddle a layer grows like a^N, not a^(N-1).

    Fails: 34.2a
    """
    _no_search(patch)
    patch("trajectories.promises.waiting_time", lambda right, x, y, N: right(x, y, N + 1))


def wait_blind_to_the_direction(patch):
    """Every balanced start waits as if it stood at a right angle to the target.

    Fails: 34.2a
    """
    _no_search(patch)
    patch(
        "trajectories.promises.waiting_time",
        lambda right, x, y, N: right(0 * x, (x**2 + y**2) ** 0.5, N),
    )


def wait_half_as_long(patch):
    """The two sides of the turn are equally long: half of the integral.

    Fails: 34.2a
    """
    _no_search(patch)
    patch("trajectories.promises.waiting_time", lambda right, *given: right(*given) / 2)


def wait_of_the_part_along_the_target(patch):
    """Only what lies along the target grows: the wait is that of its size, |<W, target>|, at no angle.

    Fails: 34.2a
    """
    _no_search(patch)
    patch("trajectories.promises.waiting_time", lambda right, x, y, N: right(x.abs(), 1e-9 * y, N))


def product_stays_on_the_line_of_the_target(patch):
    """A balanced start is one number: what lies across the target plays no part near the saddle.

    Fails: 34.2a
    """
    _no_search(patch)

    def on_the_line(right, along, across, depth):
        length = (along**2 + across**2) ** 0.5
        return right(length * along.sign(), 0 * across, depth)

    patch("trajectories.promises.balanced_state", on_the_line)


# --- theorem 2 -------------------------------------------------------------------------------------


def half_of_all_starts_have_the_margin(patch):
    """Theorem 2 promises one half at every a: the margin is had by all that point to the target.

    Fails: 34.3a
    """
    _promise(patch, probability=lambda right, a: 0.4997)


def time_that_the_margin_does_not_enter(patch):
    """Theorem 2 takes the time of theorem 1 from margin 1/2 all along: no saddle holds the start.

    Fails: 34.3a
    """
    _promise(patch, time_to_half=lambda right, a: log(4))


def start_of_the_scale_of_a_unit_vector(patch):
    """Theorem 2 asks for s^2 = 1/(a d_0): entries as those of a vector of length 1/sqrt(a).

    Fails: 34.3a
    """
    _promise(
        patch,
        init_scale=lambda right, a: right.init_scale * right.size**0.5,
        margin=lambda right, a: right.margin * right.size,
    )


# --- margins ---------------------------------------------------------------------------------------


def margin_without_the_half(patch):
    """A margin is positive where <W, target> exceeds |W|^2, not half of it.

    Fails: 34.4a
    """
    _no_search(patch)
    patch("trajectories.promises.margin", lambda right, x, y: x - (x**2 + y**2))


def margin_up_to_the_norm_of_the_target(patch):
    """A start has a margin if it is nearer to the target than zero is: |target| - |W - target|.

    Fails: 34.4a
    """
    _no_search(patch)
    patch(
        "trajectories.margins.deficiency_margin",
        lambda right, matrix, target: target.norm() - torch.linalg.matrix_norm(matrix - target),
    )


def margin_of_one_output_for_all(patch):
    """What holds for one output holds for more: the law of a unit vector with as many entries.

    Fails: 34.4a
    """
    _no_search(patch)

    def as_one_row(right, target, *given):
        return right(torch.eye(1, target.numel(), dtype=target.dtype), *given)

    patch("trajectories.margins.margin_probability", as_one_row)


def margin_by_the_central_law(patch):
    """The distance has the central chi-square law, with the variance of start and target together.

    Fails: 34.4a
    """
    _no_search(patch)

    def central(right, target, scale, least=0.0):
        from scipy.stats import chi2

        spread = scale**2 + float(target.square().mean())
        reach = float(torch.linalg.svdvals(target)[-1]) - least
        return float(chi2.cdf(reach**2 / spread, target.numel()))

    patch("trajectories.margins.margin_probability", central)


def mirror_images_are_one(patch):
    """A start and its mirror image -W train alike: only the line through W counts.

    Fails: 34.4a
    """
    _no_search(patch)

    def one_side(right, *given):
        along, across = right(*given)
        return along.abs(), across

    patch("trajectories.promises.product_parts", one_side)


# --- ReLU ------------------------------------------------------------------------------------------


def relu_without_balance(patch):
    """ReLU: the same product, split a hundred to one, trains as well.

    Fails: 34.5a
    """
    _no_search(patch)

    def lopsided(right, matrix, widths, rng=None):
        first, *middle, last = right(matrix, widths, rng)
        return (first / 100, *middle, 100 * last)

    patch("linear_networks.balanced_factors", lopsided)


def product_of_the_scales_alone(patch):
    """The scale of a layer-wise product is s^N: the widths, sqrt(d_1 ... d_(N-1)), left out.

    Fails: 34.5b
    """
    _no_search(patch)
    patch(
        "linear_networks.product_scale",
        lambda right, widths, init_scale=1.0: init_scale ** (len(widths) - 1),
    )

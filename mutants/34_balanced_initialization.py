"""The wrong theories that 34_balanced_initialization must reject."""

from dataclasses import replace


def _promise(patch, **changes):
    """Theorem 2 with some constants changed: {name: wrong(promise, a)}."""

    def wrapper(old, size, depth, spread):
        right = old(size, depth, spread)
        return replace(right, **{k: change(right, spread) for k, change in changes.items()})

    patch("trajectories.promises.balanced_promise", wrapper)


def wait_of_one_power_more(patch):
    """Near the saddle a layer grows like a^N, not a^(N-1).

    Fails: 34.6a, 34.6b
    """
    patch("trajectories.promises.waiting_time", lambda old, x, y, depth: old(x, y, depth + 1))


def wait_blind_to_the_direction(patch):
    """Every balanced start waits as if it stood at a right angle to the target.

    Fails: 34.6a, 34.6b
    """
    patch(
        "trajectories.promises.waiting_time",
        lambda old, x, y, n: old(0 * x, (x**2 + y**2) ** 0.5, n),
    )


def wait_half_as_long(patch):
    """The two sides of the turn are equally long: half of the integral.

    Fails: 34.6a, 34.6b
    """
    patch("trajectories.promises.waiting_time", lambda old, *given: old(*given) / 2)


def margin_without_the_half(patch):
    """A margin is positive where <W, target> exceeds |W|^2, not half of it.

    Fails: 34.2f, 34.2j
    """
    patch("trajectories.promises.margin", lambda old, x, y: x - (x**2 + y**2))


def margin_twice_as_large(patch):
    """Theorem 2 starts from the margin s^2 d_0.

    Fails: 34.2f, 34.2h, 34.2i
    """
    _promise(patch, margin=lambda right, a: 2 * right.margin)


def promise_with_another_quantile(patch):
    """The promised probability holds F(2/sqrt(a)), not F(2 sqrt(2/a)).

    Fails: 34.2g
    """

    def chance(right, a):
        from math import erf

        return (3 - 2 * (1 + erf((2 / a) ** 0.5))) / 2

    _promise(patch, probability=chance)


def promise_of_a_hundredth_of_the_time(patch):
    """Theorem 2 promises a hundredth of its time.

    Fails: 34.2h
    """
    _promise(patch, time_to_half=lambda right, a: right.time_to_half / 100)


def promise_at_a_large_rate(patch):
    """Theorem 2 allows a learning rate 1e20 times larger.

    Fails: 34.2i
    """
    _promise(patch, learning_rate=lambda right, a: 1e20 * right.learning_rate)


def promise_of_another_power(patch):
    """The promised time grows like (s^2 d_0)^(-2), without the 2/N.

    Fails: 34.2h
    """

    def time(right, a):
        return right.time_to_half * (2 * right.margin) ** (-2 / right.depth)

    _promise(patch, time_to_half=time)


def whole_scale_in_the_first_layer(patch):
    """Procedure 1 puts the product into W_1 and leaves the other layers at size 1.

    Fails: 34.1h, 34.6a
    """
    patch(
        "trajectories.initialization.balanced_state",
        lambda old, x, y, depth: (0 * x + 1, x, y),
    )


def layer_wise_scales_one_layer(patch):
    """A layer-wise start scales with s, not with s^N: only W_1 is multiplied.

    Fails: 34.1i
    """

    def wrapper(old, tensors, factors):
        if len(tensors) > 3:
            factors = [factors[0], *(0 * f + 0.1 for f in factors[1:-1]), factors[-1]]
        return old(tensors, factors)

    patch("trajectories.initialization.at_scales", wrapper)


def imbalance_of_the_hidden_width_alone(patch):
    """The mean square imbalance is 2 s^4 d^2 (d + 1) with d the hidden width.

    Fails: 34.3f
    """

    def wrong(widths, s=1.0):
        import numpy as np

        d = np.array(widths[1:-1], float)
        return 2 * s**4 * d**2 * (d + 1)

    patch.value("trajectories.promises.mean_square_imbalance", wrong)


def layers_at_different_rates(patch):
    """The first layer learns twice as fast: balance is no longer conserved.

    Fails: 34.3b
    """

    def wrapper(old, weights, target):
        first, *rest = old(weights, target)
        return (2 * first, *rest)

    patch("linear_networks.gradients", wrapper)


def relu_without_balance(patch):
    """ReLU: the same product, split a hundred to one, trains as well.

    Fails: 34.4a, 34.4b
    """

    def wrapper(old, matrix, widths, rng=None):
        layers = old(matrix, widths, rng)
        if widths[-1] == 1:
            return layers
        first, *middle, last = layers
        return (first / 100, *middle, 100 * last)

    patch("linear_networks.balanced_factors", wrapper)


def balanced_layers_have_the_scale_s(patch):
    """Procedure 1 gives every layer the scale s, as the layer-wise start does: its axis is no wider.

    Fails: 34.1b, 34.1c, 34.1d, 34.1e, 34.1g, 34.1h
    """

    def by_layer(old, widths, products, seeds, rng, **options):
        found = old(widths, products, seeds, rng, **options)
        even, root = found["balanced"], 1 / (len(widths) - 1)
        return found | {"balanced": replace(even, scale=even.scale**root)}

    patch("trajectories.initialization.search_scales", by_layer)


def product_stays_on_the_line_of_the_target(patch):
    """A balanced start is one number: what lies across the target plays no part near the saddle.

    Fails: 34.6a, 34.6b, 34.7a
    """

    def on_the_line(old, along, across, depth):
        length = (along**2 + across**2) ** 0.5
        return old(length * along.sign(), 0 * across, depth)

    patch("trajectories.promises.balanced_state", on_the_line)


def half_of_all_starts_have_the_margin(patch):
    """Theorem 2 promises one half at every a: the margin is had by all that point to the target.

    Fails: 34.2a
    """
    _promise(patch, probability=lambda right, a: 0.4997)


def time_that_the_margin_does_not_enter(patch):
    """Theorem 2 takes the time of theorem 1 from margin 1/2 all along: no saddle holds the start.

    Fails: 34.2b, 34.2h
    """

    def time(right, a):
        from math import log

        return log(4)

    _promise(patch, time_to_half=time)


def mirror_images_are_one(patch):
    """A start and its mirror image -W train alike: only the line through W counts.

    Fails: 34.2c, 34.2d, 34.2f, 34.2j
    """

    def one_side(old, *given):
        along, across = old(*given)
        return along.abs(), across

    patch("trajectories.promises.product_parts", one_side)


def product_of_the_scales_alone(patch):
    """The scale of a layer-wise product is s^N: the widths, sqrt(d_1 ... d_(N-1)), left out.

    Fails: 34.2d
    """
    patch(
        "trajectories.initialization.product_scale",
        lambda old, widths, init_scale=1.0: init_scale ** (len(widths) - 1),
    )


def imbalance_whatever_the_tails(patch):
    """Claim 2 for layers of any law with entries of the size s: heavy tails do no harm.

    Fails: 34.3e, 34.3f
    """

    def cauchy(old, widths, seeds, rng, init_scale=1.0):
        drawn = old(widths, seeds, rng, init_scale)
        if seeds != 300:  # what is trained stays Gaussian
            return drawn
        others = old(widths, seeds, rng)
        return tuple(w / x.abs() for w, x in zip(drawn, others, strict=True))

    patch("linear_networks.gaussian_weights", cauchy)

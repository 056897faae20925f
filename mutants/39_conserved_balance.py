"""The wrong theories that 39_conserved_balance must reject."""

import torch


def _digits(patch):
    """Where noise is not the point, as little of it as can be."""
    patch.parameters(runs=50, count=20, strength=0.02)


def _scalars(patch):
    """Where matrices are not the point, as few as can be, and one of them on digits."""
    patch.parameters(networks=4, count=20)


def _matrices(patch, strength=0.02):
    """Where the rest is not the point, as little of it as can be; stronger noise where the way does not matter."""
    patch.parameters(networks=4, runs=50, count=40, strength=strength)


def _rectifiers_are(patch, name):
    """Units of another kind in place of rectifiers."""
    from lib.practice import networks

    other = getattr(networks, name)
    patch.value("practice.networks.RELU", other)
    patch("practice.networks.leaky", lambda right, slope: other)


def a_unit_keeps_its_balance_exactly(patch):
    """What the flow keeps, steps keep: nothing is added.

    Fails: 39.1a
    """
    _digits(patch)
    patch(
        "trajectories.conservation.balance_drift",
        lambda right, *given: (lambda d: d._replace(squares=0 * d.squares))(right(*given)),
    )


def the_drift_of_a_step_is_of_first_order(patch):
    """A step of size eta adds eta, not eta^2, times the balance of the gradient.

    Fails: 39.1a
    """
    _digits(patch)
    patch(
        "trajectories.conservation.balance_drift",
        lambda right, gradient, tensors, problem, rate, time: (
            lambda d: d._replace(squares=d.squares / rate)
        )(right(gradient, tensors, problem, rate, time)),
    )


def the_drift_of_a_step_turned_round(patch):
    """A unit whose weights from below are pulled harder loses what it should gain.

    Fails: 39.1a
    """
    _digits(patch)
    patch(
        "trajectories.conservation.balance_drift",
        lambda right, *given: (lambda d: d._replace(squares=-d.squares))(right(*given)),
    )


def balance_without_the_bias(patch):
    """The bias of a unit does not belong to its balance.

    Fails: 39.1a, 39.1b
    """
    _digits(patch)

    def without(right, tensors):
        half = len(tensors) // 2
        return right((*tensors[:half], *(0 * b for b in tensors[half:])))

    patch("trajectories.conservation.balance_matrices", without)


def balance_of_sizes_not_of_squares(patch):
    """A unit keeps |w_in| - |w_out|, as if it were stretched by adding.

    Fails: 39.1a, 39.1b
    """
    _digits(patch)

    def sizes(right, tensors):
        layers = len(tensors) // 2
        pairs = zip(tensors[:layers], tensors[layers:], tensors[1:layers], strict=False)
        return torch.cat(
            [(w.square().sum(-1) + b.square()).sqrt() - v.norm(dim=-2) for w, b, v in pairs], -1
        )

    patch("trajectories.conservation.unit_balance", sizes)


def the_drift_is_of_second_order(patch):
    """Over a fixed time half the step leaves a quarter of the drift.

    Fails: 39.1b
    """
    _digits(patch)
    patch(
        "trajectories.conservation.Drift.sizes",
        lambda right, drift: tuple(x.square() for x in right(drift)),
    )


def rectifiers_keep_what_linear_units_keep(patch):
    """The matrix balance of the linear theory holds for rectifiers.

    Fails: 39.1c
    """
    _digits(patch)
    _rectifiers_are(patch, "LINEAR")


def every_unit_keeps_its_balance(patch):
    """It needs no rectifier: tanh is close to linear.

    Fails: 39.1a, 39.1b
    """
    _digits(patch)
    _rectifiers_are(patch, "TANH")


def the_error_is_the_noise_alone(patch):
    """The product rests, so that the mean square of the error is sigma^2, without 2 / (2 - eta S).

    Fails: 39.2a
    """
    _scalars(patch)
    patch(
        "trajectories.conservation.decay_time",
        lambda right, start, end, rate: right(start, end, 0.0),
    )


def the_product_remembers_too_long(patch):
    """The mean square of the error is 2 sigma^2 / (2 - 2 eta S): the memory of a step is 1 - 2 eta S.

    Fails: 39.2a
    """
    _scalars(patch)
    patch(
        "trajectories.conservation.decay_time",
        lambda right, start, end, rate: right(start, end, 2 * rate),
    )


def noise_acts_in_proportion_to_the_step(patch):
    """The rate is eta sigma^2 of a temperature, not eta^2 sigma^2: for a tenth of the step a tenth of the speed.

    Fails: 39.2a
    """
    _scalars(patch)
    patch(
        "trajectories.conservation.decay_time",
        lambda right, start, end, rate: right(start, end, rate) * rate / rate.mean(),
    )


def the_curvature_is_that_of_balance(patch):
    """The memory is 1 - 2 eta at every minimum: S counts as 2.

    Fails: 39.2a
    """
    _scalars(patch)
    patch(
        "trajectories.conservation.decay_time",
        lambda right, start, end, rate: (start / end).log() * (1 - rate),
    )


def noise_has_no_direction(patch):
    """Label noise leaves the balance where it is, on the mean: the product moves, and nothing else.

    Fails: 39.2a, 39.2b, 39.3a
    """
    _matrices(patch)

    def silent(right, there, size, rng):
        return right(there, 1e-9 * size, rng)

    patch("trajectories.conservation._noise", silent)


def noise_seeks_balance(patch):
    """Noise balances the layers, whatever the shape.

    Fails: 39.3a, 39.3b
    """
    _matrices(patch, 0.0125)
    patch("trajectories.conservation.noise_limit", lambda right, widths: 1.0)
    patch(
        "trajectories.conservation.noise_flow",
        lambda right, s, widths, *given: right(s, (sum(widths) // 2,) * 2, *given),
    )


def the_ratio_squared(patch):
    """The ratio of the squares of the layers is the square of d_in / d_out.

    Fails: 39.3a
    """
    _matrices(patch)
    patch("trajectories.conservation.noise_limit", lambda right, widths: right(widths) ** 2)


def the_root_of_the_ratio(patch):
    """The squares of the layers have the ratio of the roots of the widths.

    Fails: 39.3a
    """
    _matrices(patch)
    patch("trajectories.conservation.noise_limit", lambda right, widths: right(widths) ** 0.5)


def the_wider_side_shrinks(patch):
    """The layer that is shaken along more directions wears down: d_out / d_in.

    Fails: 39.3a, 39.3b
    """
    _matrices(patch, 0.0125)
    patch("trajectories.conservation.noise_limit", lambda right, widths: right(widths[::-1]))
    patch(
        "trajectories.conservation.noise_flow",
        lambda right, s, widths, *given: right(s, widths[::-1], *given),
    )


def only_the_inputs_count(patch):
    """The ratio is that of the inputs to the rank of the target.

    Fails: 39.3a
    """
    _matrices(patch)
    patch("trajectories.conservation.noise_limit", lambda right, widths: widths[0] / min(widths))


def the_way_takes_twice_as_long(patch):
    """Each layer is moved by half of the noise, so that the way takes twice as long.

    Fails: 39.3b
    """
    _matrices(patch, 0.0125)
    patch(
        "trajectories.conservation.noise_flow",
        lambda right, s, widths, rate, ratio, times: right(s, widths, rate, ratio, times / 2),
    )


def the_flattest_is_balanced(patch):
    """Of all layers with one product the balanced ones have the least sum of curvatures.

    Fails: 39.3c
    """
    _matrices(patch)
    patch(
        "trajectories.conservation.least_curvature_sum",
        lambda right, s, widths: sum(widths) * s.sum(-1),
    )


def noise_seeks_the_least_norm(patch):
    """Noise acts as weight decay: what it makes least is the sum of the squares of all weights.

    Fails: 39.3c
    """
    _matrices(patch)
    patch(
        "trajectories.conservation.curvature_sum",
        lambda right, first, second, widths: first + second,
    )
    patch(
        "trajectories.conservation.least_curvature_sum",
        lambda right, s, widths: 2 * s.sum(-1),
    )

"""The wrong theories that 52_rectifiers must reject."""


def _little_training(patch):
    """For theories of angles: the digits need not be trained at full length."""
    patch.parameters(draws=6, steps=300)


def no_power_is_lost(patch):
    """A rectifier keeps the second moment: r = s^2.

    Fails: 52.1a, 52.1b, 52.2a
    """
    patch("practice.rectifiers.second_moment_ratio", lambda old, variance, slope: variance)


def half_the_amplitude(patch):
    """What counts is the mean of |h|, so the start must make up for (1 + a) / 2.

    Fails: 52.2b, 52.2c
    """
    patch("practice.rectifiers.he_variance", lambda old, slope: 2 / (1 + slope))


def fourth_moment_for_variance(patch):
    """The spread of a layer is the ratio of its moments, without the 1 taken off.

    Fails: 52.1b, 52.2a
    """
    patch("practice.rectifiers.moment_spread", lambda old, slope: old(slope) + 1)


def spread_of_a_linear_layer(patch):
    """The kink does not add to the spread: k = 2, as for Gaussian squares.

    Fails: 52.1b, 52.2a
    """
    patch("practice.rectifiers.moment_spread", lambda old, slope: 2.0)


def spread_of_relu(patch):
    """A leak does not change the spread: k = 5 for all rectifiers.

    Fails: 52.2a
    """
    patch("practice.rectifiers.moment_spread", lambda old, slope: old(0.0))


def layers_average(patch):
    """At width 64 a layer is its mean: q' = r q, without spread.

    Fails: 52.1b, 52.2a, 52.2b, 52.2d
    """

    def exactly(old, width, depth, variance, slope, networks, rng):
        import numpy as np

        r = variance * (1 + slope**2) / 2
        return r ** np.arange(depth + 1.0)[:, None] * np.ones(networks)

    patch("practice.rectifiers.redrawn_moments", exactly)


def drift_by_all_of_the_variance(patch):
    """The mean logarithm lies below that of the mean by the relative variance, not half of it.

    Fails: 52.2b, 52.2c
    """
    patch("practice.rectifiers.log_drift", lambda old, width, slope: 2 * old(width, slope))


def first_order_at_every_width(patch):
    """-k/2n is all there is: eight units are many.

    Fails: 52.2b, 52.2c
    """

    def first(old, width, slope):
        from lib.practice.rectifiers import moment_spread

        return -moment_spread(slope) / (2 * width)

    patch("practice.rectifiers.log_drift", first)


def dead_in_the_last_layer(patch):
    """A network is dead if its last layer is off: 2^-n, whatever the depth.

    Fails: 52.2d
    """
    patch("practice.rectifiers.dying", lambda old, width, depth: old(width, 1))


def one_matrix_for_all_layers(patch):
    """Whether layers have matrices of their own does not matter.

    Fails: 52.2c
    """

    def tied(old, width, depth, variance, slope, networks, rng):
        import numpy as np

        class Again:
            drawn = None

            def standard_normal(self, shape):
                if self.drawn is None:
                    self.drawn = rng.standard_normal(shape)
                return self.drawn

        return np.array(old(width, depth, variance, slope, networks, Again()))

    patch("practice.rectifiers.matrix_moments", tied)


def a_leak_is_no_more_than_its_start(patch):
    """All that a leaky network has over ReLU is the start: the kink might as well be whole.

    Fails: 52.3a, 52.3c
    """

    def whole(old, arms, *rest, **options):
        return old([arm._replace(negative_slope=0.0) for arm in arms], *rest, **options)

    patch("practice.rectifiers.train_rectifiers", whole)


def learned_slopes_do_nothing(patch):
    """PReLU is ReLU: its slope is of no consequence, and does not move.

    Fails: 52.3b, 52.3d, 52.5a
    """

    def relu(old, arms, *rest, **options):
        plain = [arm._replace(negative_slope=0.0, learned=False) for arm in arms]
        return old(plain, *rest, **options)

    patch("practice.rectifiers.train_rectifiers", relu)


def only_the_first_slope_is_learned(patch):
    """Only the layer that sees the images has a use for its slope.

    Fails: 52.5a
    """

    def first(old, *given, factors, **options):
        factors.slopes[0][:, 1:] = 0
        return old(*given, factors=factors, **options)

    patch("practice.classifiers.train_apart", first)


def the_start_does_not_matter(patch):
    """The start is of no consequence: every arm may have that of He for ReLU.

    Fails: 52.3e, 52.4a, 52.5b
    """

    def all_alike(old, arms, drawn):
        return old([arm._replace(fan_in_variance=2.0) for arm in arms], drawn)

    patch("practice.rectifiers.start", all_alike)


def depth_does_not_matter(patch):
    """Six layers are as deep as sixteen.

    Fails: 52.3e, 52.4a
    """

    def of_six(old, images, labels, training, widths, *rest):
        return old(images, labels, training, [*widths[:7], widths[-1]], *rest)

    patch("practice.rectifiers.draw", of_six)


def a_small_start_always_hurts(patch):
    """Half of the power lost in a layer is too much at any depth: six layers suffer like sixteen.

    Fails: 52.4b
    """

    def of_sixteen(old, images, labels, training, widths, *rest):
        return old(images, labels, training, [widths[0], *widths[1:2] * 16, widths[-1]], *rest)

    patch("practice.rectifiers.draw", of_sixteen)


def angles_of_relu(patch):
    """A leak moves the scale only: angles shrink as with ReLU.

    Fails: 52.6a
    """
    patch("practice.rectifiers.cosine_map", lambda old, cosine, slope: old(cosine, 0.0))
    _little_training(patch)


def kernel_without_the_line(patch):
    """The part of a leaky rectifier that is linear keeps no angle.

    Fails: 52.6a
    """

    def bent(old, cosine, slope):
        return (1 - slope) ** 2 / (1 + slope**2) * old(cosine, 0.0)

    patch("practice.rectifiers.cosine_map", bent)
    _little_training(patch)


def inputs_are_alike_anyway(patch):
    """What a leak lets through does not keep two inputs apart.

    Fails: 52.6b
    """
    patch(
        "practice.rectifiers.redrawn_cosines",
        lambda old, width, depth, slope, pairs, rng: old(width, depth, 0.0, pairs, rng),
    )
    _little_training(patch)

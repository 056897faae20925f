"""The wrong theories that 52_rectifiers must reject."""


def _little_training(patch):
    """For theories of early training, and of deep networks against shallow ones."""
    patch.parameters(splits=6, epochs=20)


def _with_arms(patch, change):
    """Train each arm as change(arm)."""

    def changed(old, arms, *rest, **options):
        return old({name: change(arm) for name, arm in arms.items()}, *rest, **options)

    patch("practice.rectifiers.train_rectifiers", changed)


def no_power_is_lost(patch):
    """A rectifier keeps the second moment: r = s^2.

    Fails: 52.1a
    """
    patch("practice.rectifiers.second_moment_ratio", lambda old, variance, slope: variance)


def a_leak_lets_no_power_through(patch):
    """Half of the power is lost whatever the leak: r = s^2 / 2.

    Fails: 52.1a
    """
    patch("practice.rectifiers.second_moment_ratio", lambda old, variance, slope: variance / 2)


def the_mean_is_what_is_typical(patch):
    """The mean falls as a typical network does, by k/2n in a layer.

    Fails: 52.1a
    """

    def typical(old, variance, slope):
        from lib.practice.rectifiers import moment_spread

        return old(variance, slope) * (1 - moment_spread(slope) / 128)

    patch("practice.rectifiers.second_moment_ratio", typical)


def signals_are_uniform(patch):
    """Pre-activations need not be normal: uniform ones of the same range do as well.

    Fails: 52.1a
    """

    def uniform(old, width, depth, variance, slope, networks, rng):
        class Uniform:
            def standard_normal(self, shape):
                return rng.uniform(-1.6, 1.6, shape)

        return old(width, depth, variance, slope, networks, Uniform())

    patch("practice.rectifiers.redrawn_moments", uniform)


def a_leak_is_no_more_than_its_start(patch):
    """All that a leaky network has over ReLU is its start: the kink might as well be whole.

    Fails: 52.2a, 52.3a, 52.4a
    """
    _with_arms(patch, lambda arm: arm._replace(negative_slope=0.0))
    _little_training(patch)


def any_leak_will_do(patch):
    """A leak of a hundredth does what a quarter does.

    Fails: 52.2a, 52.3a, 52.4a
    """
    _with_arms(patch, lambda arm: arm._replace(negative_slope=min(arm.negative_slope, 0.01)))
    _little_training(patch)


def the_start_does_not_matter(patch):
    """The start is of no consequence: every arm may have He's.

    Fails: 52.2b
    """
    _with_arms(patch, lambda arm: arm._replace(fan_in_variance=2 / (1 + arm.negative_slope**2)))
    _little_training(patch)


def a_small_start_hurts_to_the_end(patch):
    """What is lost at the start is never made up for: so is four fifths of the power in a layer.

    Fails: 52.3d
    """
    _with_arms(
        patch,
        lambda arm: arm._replace(
            fan_in_variance=arm.fan_in_variance if arm.fan_in_variance > 1 else 0.4
        ),
    )
    _little_training(patch)


def depth_does_not_matter(patch):
    """Three layers are as deep as eight.

    Fails: 52.4a
    """

    def of_three(old, images, labels, training, widths, *rest):
        return old(images, labels, training, [*widths[:4], widths[-1]], *rest)

    patch("practice.rectifiers.draw", of_three)
    _little_training(patch)


def one_small_rate_serves_all(patch):
    """A learning rate is a detail: a small one, the same for all, compares starts as well.

    Fails: 52.3d
    """
    patch.parameters(splits=6, learning_rates=[0.0025])


def spread_of_a_linear_layer(patch):
    """The kink does not add to the spread: k = 2, as for Gaussian squares.

    Fails: 52.5a
    """
    patch("practice.rectifiers.moment_spread", lambda old, slope: 2.0)
    patch.parameters(splits=6, epochs=10)


def first_order_at_every_width(patch):
    """-k/2n is all there is: eight units are many.

    Fails: 52.5c, 52.5d
    """

    def first(old, width, slope):
        from lib.practice.rectifiers import moment_spread

        return -moment_spread(slope) / (2 * width)

    patch("practice.rectifiers.log_drift", first)
    patch.parameters(splits=6, epochs=10)


def one_layer_fewer_can_die(patch):
    """The last layer cannot die, since there is one unit at least that is on.

    Fails: 52.5e
    """
    patch("practice.rectifiers.dying", lambda old, width, depth: old(width, depth - 1))
    patch.parameters(splits=6, epochs=10)


def angles_of_relu(patch):
    """A leak moves the scale only: angles shrink as with ReLU.

    Fails: 52.5g
    """
    patch("practice.rectifiers.cosine_map", lambda old, cosine, slope: old(cosine, 0.0))
    patch.parameters(splits=6, epochs=10)


def learned_slopes_do_nothing(patch):
    """PReLU is its fixed slope: what is learned does not move.

    Fails: 52.5j
    """
    _with_arms(patch, lambda arm: arm._replace(learned=False))
    patch.parameters(splits=6, epochs=10)

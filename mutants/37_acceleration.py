"""The wrong theories that 37_acceleration must reject."""


def depth_off_by_one(patch):
    """The rule of one layer more.

    Fails: 37.1a
    """
    patch.parameters(depths=[2, 3], ratios=[6, 12], powers=[2.5, 4.0])
    patch(
        "trajectories.acceleration.end_to_end_slope",
        lambda right, w, g, depth: right(w, g, depth + 1),
    )


def deep_networks_bear_a_tenth_less(patch):
    """The safe step of two layers and more a tenth too small.

    Fails: 37.2a
    """
    patch.parameters(depths=[2, 3], ratios=[6, 12], powers=[2.5, 4.0])
    patch(
        "trajectories.acceleration.usable_step",
        lambda right, N, p: right(N, p) * (1 if N == 1 else 0.9),
    )


def four_layers_bear_less(patch):
    """The safe step of four layers three tenths too small.

    Fails: 37.2a
    """
    patch.parameters(depths=[2, 4], ratios=[6, 12], powers=[2.5, 4.0])
    patch(
        "trajectories.acceleration.usable_step",
        lambda right, N, p: right(N, p) * (0.7 if N == 4 else 1),
    )


def safe_step_of_fourth_powers_everywhere(patch):
    """The loss does not matter to the gain: every power has the safe step of p = 4.

    Fails: 37.3a
    """
    patch.parameters(depths=[2, 3], ratios=[6, 12], powers=[2.5, 4.0])
    patch("trajectories.acceleration.usable_step", lambda right, N, p: right(N, 4.0))


def layers_count_as_steps(patch):
    """N layers make N steps at once: time runs N times as fast.

    Fails: 37.2b
    """
    patch.parameters(depths=[2, 3], ratios=[6, 12], powers=[2.5, 4.0])
    patch(
        "trajectories.acceleration.two_target_steps",
        lambda right, starts, ratio, n, *rest: right(starts, ratio, n, *rest) / n,
    )


def momentum_is_idle(patch):
    """Momentum is no more than a rescaled learning rate.

    Fails: 37.4c
    """
    patch.parameters(depths=[2, 3], ratios=[6, 12], powers=[2.5, 4.0])
    patch(
        "trajectories.acceleration.tuned_to_reduction",
        lambda right, method, *given, **options: right(
            "descent" if method == "momentum" else method, *given, **options
        ),
    )


def momentum_has_one_value(patch):
    """Momentum is 0.9, as is customary: no other value is worth a trial.

    Fails: 37.4c
    """
    patch.parameters(depths=[2, 3], ratios=[6, 12], powers=[2.5, 4.0])
    patch(
        "trajectories.acceleration.tuned_to_reduction",
        lambda right, *given, mu=0.9, **options: right(*given, mu=0.9, **options),
    )


def adaptive_rates_are_momentum(patch):
    """AdaGrad and momentum are one acceleration.

    Fails: 37.4b
    """
    patch.parameters(depths=[2, 3], ratios=[6, 12], powers=[2.5, 4.0])

    def alike(right, method, *given, mu=0.9, **options):
        if method == "AdaGrad":
            return right("momentum", *given, mu=0.5, **options)
        return right(method, *given, mu=mu, **options)

    patch("trajectories.acceleration.tuned_to_reduction", alike)


def gain_on_least_squares(patch):
    """Depth helps with squares as with fourth powers: the loss does not matter.

    Fails: 37.4d
    """
    patch.parameters(depths=[2, 3], ratios=[6, 12], powers=[2.5, 4.0])
    patch(
        "trajectories.acceleration.power_loss",
        lambda right, w, inputs, outputs, power: right(w, inputs, outputs, 4),
    )


def depth_hurts_everywhere(patch):
    """Depth slows fourth powers down as it slows squares: the loss does not matter.

    Fails: 37.4a
    """
    patch.parameters(depths=[2, 3], ratios=[6, 12], powers=[2.5, 4.0])
    patch(
        "trajectories.acceleration.power_loss",
        lambda right, w, inputs, outputs, power: right(w, inputs, outputs, 2),
    )


def two_layers_have_no_potential(patch):
    """The loop integral with a factor N - 1 where N - 2 belongs.

    Fails: 37.5d
    """
    patch.parameters(depths=[2, 3], ratios=[6, 12], powers=[2.5, 4.0])

    def wrong(right, size, inner, outer, first, second, n):
        radii = outer ** (3 - 2 / n) - inner ** (3 - 2 / n)
        return (n - 1) ** 2 / (3 * n - 2) * size * radii * (first.cos() - second.cos())

    patch("trajectories.acceleration.loop_formula", wrong)

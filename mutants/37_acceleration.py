"""The wrong theories that 37_acceleration must reject."""


def one_side_only(patch):
    """The rule with all of its weight on the left, N (W W^T)^((N-1)/N) G.

    Fails: 37.1a
    """
    patch.parameters(depths=[2, 3], ratios=[6, 12], powers=[2.5, 4.0])

    from torch.linalg import eigh

    def left(right, matrix, slope, depth):
        sizes, basis = eigh(matrix @ matrix.mT)
        root = sizes.clamp(min=0) ** (1 - 1 / depth)
        return depth * (basis * root.unsqueeze(-2)) @ basis.mT @ slope

    patch("trajectories.acceleration.end_to_end_slope", left)


def depth_off_by_one(patch):
    """The rule of one layer more.

    Fails: 37.1a
    """
    patch.parameters(depths=[2, 3], ratios=[6, 12], powers=[2.5, 4.0])
    patch(
        "trajectories.acceleration.end_to_end_slope",
        lambda right, w, g, depth: right(w, g, depth + 1),
    )


def no_balance(patch):
    """Balance does not matter: any factors with the same product will do.

    Fails: 37.5b
    """
    patch.parameters(depths=[2, 3], ratios=[6, 12], powers=[2.5, 4.0])

    def tilted(right, matrix, widths, rng=None):
        first, *rest = right(matrix, widths, rng)
        return (first * (widths[1] / 4) ** 0.5, *rest[:-1], rest[-1] / (widths[1] / 4) ** 0.5)

    patch("linear_networks.balanced_factors", tilted)


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


def safe_step_of_a_weaker_power(patch):
    """The safe step 2 (c/2)^0.8: gains smaller than they are, losses too.

    Fails: 37.2a
    """
    patch.parameters(depths=[2, 3], ratios=[6, 12], powers=[2.5, 4.0])
    patch("trajectories.acceleration.usable_step", lambda right, N, p: 2 * (right(N, p) / 2) ** 0.8)


def safe_step_from_the_depth_alone(patch):
    """Depth allows a step that grows with N, whatever the loss.

    Fails: 37.2a
    """
    patch.parameters(depths=[2, 3], ratios=[6, 12], powers=[2.5, 4.0])
    patch("trajectories.acceleration.usable_step", lambda right, N, p: 2.0 + 0.4 * (N - 1))


def safe_step_of_fourth_powers_everywhere(patch):
    """The loss does not matter to the gain: every power has the safe step of p = 4.

    Fails: 37.3a
    """
    patch.parameters(depths=[2, 3], ratios=[6, 12], powers=[2.5, 4.0])
    patch("trajectories.acceleration.usable_step", lambda right, N, p: right(N, 4.0))


def steps_of_the_crawl_doubled(patch):
    """The crawl formula with the learning rate of half the step.

    Fails: 37.2b
    """
    patch.parameters(depths=[2, 3], ratios=[6, 12], powers=[2.5, 4.0])
    patch("trajectories.acceleration.crawl_steps", lambda right, *given: 2 * right(*given))


def depth_costs_an_exponent(patch):
    """The rate must fall as the large target to a further power 0.06 (1 - 1/N).

    Fails: 37.2a, 37.2b
    """
    patch.parameters(depths=[2, 3], ratios=[6, 12], powers=[2.5, 4.0])
    patch(
        "trajectories.acceleration.scaled_rate",
        lambda right, step, ratio, n, p: right(step, ratio, n, p) * ratio ** (0.06 * (1 / n - 1)),
    )


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


def projection_left_out(patch):
    """The field without its projection on w, |w|^(2-2/N) N g: adaptive rates and no memory.

    Fails: 37.5d
    """
    patch.parameters(depths=[2, 3], ratios=[6, 12], powers=[2.5, 4.0])
    patch(
        "trajectories.acceleration.row_field",
        lambda right, w, g, n: n * g * w.square().sum(-1, keepdim=True) ** (1 - 1 / n),
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

"""The wrong theories that 37_acceleration must reject."""


def one_side_only(patch):
    """The rule with all of its weight on the left, N (W W^T)^((N-1)/N) G.

    Fails: 37.1c, 37.1d, 37.1e
    """

    from torch.linalg import eigh

    def left(old, matrix, slope, depth):
        sizes, basis = eigh(matrix @ matrix.mT)
        root = sizes.clamp(min=0) ** (1 - 1 / depth)
        return depth * (basis * root.unsqueeze(-2)) @ basis.mT @ slope

    patch("trajectories.acceleration.end_to_end_slope", left)


def depth_off_by_one(patch):
    """The rule of one layer more.

    Fails: 37.1c, 37.1d, 37.1e
    """
    patch(
        "trajectories.acceleration.end_to_end_slope",
        lambda old, w, g, depth: old(w, g, depth + 1),
    )


def no_balance(patch):
    """Balance does not matter: any factors with the same product will do.

    Fails: 37.1a
    """

    def tilted(old, matrix, widths, rng=None):
        first, *rest = old(matrix, widths, rng)
        return (first * (widths[1] / 4) ** 0.5, *rest[:-1], rest[-1] / (widths[1] / 4) ** 0.5)

    patch("linear_networks.balanced_factors", tilted)


def projection_left_out(patch):
    """The field without its projection on w, |w|^(2-2/N) N g: adaptive rates and no memory.

    Fails: 37.2a, 37.2b
    """
    patch(
        "trajectories.acceleration.row_field",
        lambda old, w, g, n: n * g * w.square().sum(-1, keepdim=True) ** (1 - 1 / n),
    )


def two_layers_have_no_potential(patch):
    """The loop integral with a factor N - 1 where N - 2 belongs.

    Fails: 37.2a
    """

    def wrong(old, size, inner, outer, first, second, n):
        radii = outer ** (3 - 2 / n) - inner ** (3 - 2 / n)
        return (n - 1) ** 2 / (3 * n - 2) * size * radii * (first.cos() - second.cos())

    patch("trajectories.acceleration.loop_formula", wrong)


def arcs_left_out(patch):
    """The loop without its arcs: only the rays are walked.

    Fails: 37.2a, 37.2b
    """

    def rays(old, field, inner, outer, first, second, points=100):
        near = old(field, inner, outer, first, first + 1e-9, points)
        return old(field, inner, outer, first, second, points) - near - outer * 1e-3

    patch("trajectories.acceleration.loop_integral", rays)


def every_depth_has_a_potential(patch):
    """Every depth is like two layers, a regularized loss as long as the slope is constant.

    Fails: 37.2a, 37.2c, 37.2f, 37.2g
    """
    patch(
        "trajectories.acceleration.row_field",
        lambda old, w, g, n: old(w, g, min(n, 2)),
    )


def field_of_another_exponent(patch):
    """The field with |w|^(1-1/N), the size of a layer, for |w|^(2-2/N).

    Fails: 37.2d, 37.2f, 37.2g
    """
    patch(
        "trajectories.acceleration.row_field",
        lambda old, w, g, n: old(w, g, n) * w.square().sum(-1, keepdim=True) ** (1 / (2 * n) - 0.5),
    )


def steps_of_the_crawl_doubled(patch):
    """The crawl formula with the learning rate of half the step.

    Fails: 37.3b
    """
    patch("trajectories.acceleration.crawl_steps", lambda old, *given: 2 * old(*given))


def depth_costs_an_exponent(patch):
    """The rate must fall as the large target to a further power 0.6 (1 - 1/N).

    Fails: 37.3c, 37.3d, 37.3e
    """
    patch(
        "trajectories.acceleration.scaled_rate",
        lambda old, step, ratio, n, p: old(step, ratio, n, p) * ratio ** (0.6 * (1 / n - 1)),
    )


def layers_count_as_steps(patch):
    """N layers make N steps at once: time runs N times as fast.

    Fails: 37.3b, 37.4a, 37.4c
    """
    patch(
        "trajectories.acceleration.two_target_steps",
        lambda old, starts, ratio, n, *rest: old(starts, ratio, n, *rest) / n,
    )


def usable_step_from_the_curvature(patch):
    """Depth allows a step that grows with N, from the square loss on.

    Fails: 37.4a, 37.4b, 37.4d
    """
    patch(
        "trajectories.acceleration.usable_step",
        lambda old, depth, power: 2.0 + 0.4 * (depth - 1),
    )


def hidden_layers_do_not_learn(patch):
    """Only the first layer learns: the hidden ones stay as they are.

    Fails: 37.5a
    """

    def frozen(old, weights, slope, depth):
        first, hidden = old(weights, slope, depth)
        return first, 0 * hidden

    patch("trajectories.acceleration.row_gradients", frozen)


def gain_on_least_squares(patch):
    """Depth helps on l2 as on l4: the loss does not matter.

    Fails: 37.5c
    """

    def always_four(old, w, inputs, outputs, power):
        return old(w, inputs, outputs, 4)

    patch("trajectories.acceleration.power_loss", always_four)


def depth_hurts_everywhere(patch):
    """Depth slows l4 down as it slows l2: the loss does not matter.

    Fails: 37.5a, 37.5b, 37.5d
    """

    def always_two(old, w, inputs, outputs, power):
        return old(w, inputs, outputs, 2)

    patch("trajectories.acceleration.power_loss", always_two)


def momentum_is_idle(patch):
    """Momentum 0.9 is no more than a rescaled learning rate.

    Fails: 37.5e
    """

    def rescaled(old, method, *given, depth=1, **options):
        return old("descent" if method == "momentum" else method, *given, depth=depth, **options)

    patch("trajectories.acceleration.fewest_steps", rescaled)


def no_search_for_a_lucky_rate(patch):
    """A rate tuned to one start is not better than the safe one: the search is left out.

    Fails: 37.6b, 37.6c
    """
    patch(
        "trajectories.acceleration.tuned_steps",
        lambda old, starts, ratio, n, p, steps: old(starts, ratio, n, p, steps[steps < 2.5]),
    )

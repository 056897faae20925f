"""The wrong theories that 35_exact_dynamics must reject."""


def sigmoid_at_half_the_speed(patch):
    """u(t) with e^(-st) for e^(-2st), the equation of motion without the factor N = 2.

    Fails: 35.1a, 35.1b
    """
    patch("trajectories.exact_dynamics.mode_strength", lambda old, t, s, u: old(t / 2, s, u))


def half_time_of_one_layer_at_a_time(patch):
    """Half time ln(s/u0)/s: twice the true one, as if only one layer moved.

    Fails: 35.1d, 35.2b
    """
    patch("trajectories.exact_dynamics.half_time", lambda old, s, u: 2 * old(s, u))


def start_is_not_aligned(patch):
    """Aligned starts without the alignment: the product's singular vectors are another target's.

    Fails: 35.1a, 35.1b, 35.1c
    """
    patch(
        "linear_networks.balanced_factors",
        lambda old, matrix, widths, rng=None: old(matrix.roll(1, 0), widths, rng),
    )


def the_decaying_part_grows(patch):
    """The effective start read off a - b, the part that dies out, in place of a + b.

    Fails: 35.2b
    """
    patch(
        "trajectories.exact_dynamics.growing_start",
        lambda old, weights, left, right: old((weights[0], -weights[1]), left, right),
    )


def weak_modes_first(patch):
    """Hidden directions taken by the weaker modes, not by the stronger ones.

    Fails: 35.2b
    """

    def reversed_order(old, w, left, right):
        return old(w, left.flip(-1), right.flip(-1)).flip(-1)

    patch("trajectories.exact_dynamics.growing_start", reversed_order)


def half_time_exactly_inverse(patch):
    """Half time proportional to 1/s whatever the start: the logarithm left out.

    Fails: 35.1d, 35.2b, 35.2f
    """

    def without_logarithm(old, s, u):
        return old(s, u).mean() * s.mean() / s

    patch("trajectories.exact_dynamics.half_time", without_logarithm)


def exponent_of_one_more_layer(patch):
    """The equation of motion with u^(2 - 2/(N+1)): depth counted in layers of units.

    Fails: 35.3a
    """
    patch(
        "trajectories.exact_dynamics.transit_time",
        lambda old, u, s, n, left: old(u, s, n + 1, left) * (n + 1) / n,
    )


def depth_costs_a_logarithm(patch):
    """The infinite-depth formula without 1/(s u0) - 1/(s uf): a delay that the start does not set.

    Fails: 35.3b
    """
    patch(
        "trajectories.exact_dynamics.depth_limit",
        lambda old, s, u, f: old(s, u, f) - 1 / (s * u) + 1 / (s * f),
    )


def step_does_not_shrink_with_depth(patch):
    """The best step 2/(2 s^(2 - 2/N)) at every depth.

    Fails: 35.3b, 35.3d
    """
    patch(
        "trajectories.exact_dynamics.curvature_step",
        lambda old, s, n, c: old(s, n, c) * n / 2,
    )


def step_of_half_the_curvature(patch):
    """Curvature N s^(2 - 2/N) / 2 at the minimum: the edge of stability at twice the step.

    Fails: 35.3d
    """
    patch("trajectories.exact_dynamics.curvature_step", lambda old, s, n, c: 2 * old(s, n, c))


def exponents_off_by_one(patch):
    """lambda_k with psi((n - k + 2)/2): the index one too small.

    Fails: 35.4a, 35.4b
    """

    def shifted(old, size):
        from numpy import arange, log
        from scipy.special import digamma

        return (digamma((size - arange(1, size + 1) + 2) / 2) + log(2 / size)) / 2

    patch("trajectories.exact_dynamics.lyapunov_exponents", shifted)


def complex_gaussian_exponents(patch):
    """lambda_k of complex Gaussian layers, 1/2 (psi(n - k + 1) - ln n).

    Fails: 35.4a
    """

    def complex_layers(old, size):
        from numpy import arange, log
        from scipy.special import digamma

        return (digamma(size - arange(1, size + 1) + 1) - log(size)) / 2

    patch("trajectories.exact_dynamics.lyapunov_exponents", complex_layers)


def orthogonal_starts_are_gaussian(patch):
    """Orthogonal layers that are only of the right size: no isometry.

    Fails: 35.5a, 35.5c
    """

    def of_the_right_size(old, widths, seeds, rng):
        from lib import linear_networks as ln

        if widths[0] == widths[-1]:  # square targets may diverge, which is no verdict
            return old(widths, seeds, rng)
        draws = ln.gaussian_weights(widths, seeds, rng)
        return tuple(w / w.shape[-1] ** 0.5 for w in draws)

    patch("trajectories.exact_dynamics.orthogonal_weights", of_the_right_size)


def gaussian_layers_do_not_mix(patch):
    """Gaussian layers taken for isometries: their products keep all directions.

    Fails: 35.4a, 35.5b, 35.5c
    """

    def isometric(old, widths, seeds, rng, init_scale=1.0):
        from lib.trajectories import exact_dynamics as ed

        kept = ed.orthogonal_weights(widths, seeds, rng)
        return tuple(init_scale * w.shape[-1] ** 0.5 * w for w in kept)

    patch("linear_networks.gaussian_weights", isometric)


def target_has_no_side(patch):
    """The start's determinant decides alone, whatever the target's.

    Fails: 35.6a, 35.6b
    """

    def start_alone(old, weights, target):
        return old(weights, target.abs().diagonal(dim1=-2, dim2=-1).diag_embed())

    patch("trajectories.exact_dynamics.same_side", start_alone)


def square_starts_are_rough(patch):
    """Starts that are orthogonal but for a tenth: the premise of balance given up.

    Fails: 35.6a
    """

    def rough(old, widths, seeds, rng):
        from torch import from_numpy

        draws = old(widths, seeds, rng)
        return tuple(w + 0.1 * from_numpy(rng.standard_normal(w.shape)) for w in draws)

    patch("trajectories.exact_dynamics.orthogonal_weights", rough)


def sides_exchanged(patch):
    """Those starts train whose determinant has not the target's sign.

    Fails: 35.6a, 35.6b, 35.6i
    """
    patch("trajectories.exact_dynamics.same_side", lambda old, *given: ~old(*given))


def strength_sets_no_pace(patch):
    """The strength of a mode says how far it goes, not how soon: all modes keep one time.

    Fails: 35.2a, 35.2b, 35.2c, 35.2d
    """

    def one_pace(old, weights, strength, left, right, **options):
        from dataclasses import replace

        run = old(weights, strength / strength, left, right, **options)
        return replace(run, strength=run.strength * strength)

    patch("trajectories.exact_dynamics.follow_modes", one_pace)


def curvature_with_the_square(patch):
    """Curvature N s^2 at the minimum: the power of infinite depth at every depth.

    Fails: 35.3d, 35.3e
    """
    patch("trajectories.exact_dynamics.curvature_step", lambda old, s, n, c: c / (n * s**2))


def _losses_by(change):
    """Losses of square targets, as `descend_losses` has them, with a changed descent."""

    def losses(old, weights, target, learning_rate, record):
        from lib import linear_networks as ln
        from lib.descent import Plain, descend

        gradient, retraction, loss = change(weights, ln)
        run = descend(
            gradient or ln.gradients,
            weights,
            rule=Plain(learning_rate),
            steps=max(record),
            problem=(target,),
            retraction=retraction,
            record=record,
            measure=lambda w, t: {"loss": (loss or ln.loss)(w, t)},
        )
        return run.records["loss"]

    return losses


def two_layers_keep_their_side(patch):
    """Descent is the flow at depth 2 too: balanced layers never change the sign of their determinant.

    Fails: 35.6c
    """

    def change(weights, ln):
        from torch import diag_embed, linalg, where

        if len(weights) != 2:
            return None, None, None
        side = linalg.det(ln.end_to_end(weights)).sign()

        def balanced(w):
            left, values, right = linalg.svd(ln.end_to_end(w))
            across = linalg.det(left) * linalg.det(right) * side < 0
            values = values.clamp(min=1e-9).sqrt()
            signs = 1 - 2 * diag_embed(values * 0 + across[:, None])[..., -1]
            half = diag_embed(values)
            return half @ right, where(signs[:, None] < 0, -left, left) @ half

        return None, balanced, None

    patch("trajectories.exact_dynamics.descend_losses", _losses_by(change))


def correlated_inputs_change_nothing(patch):
    """Whitening is a convenience: inputs with variances from 1 to 1/1000 train as fast.

    Fails: 35.6g, 35.6h, 35.6i, 35.6j
    """

    def change(weights, ln):
        from torch import linspace

        variances = 10 ** linspace(0, -3, 4).double()

        def gradient(w, target):
            product = ln.end_to_end(w)
            return ln.gradients(w, product - (product - target) * variances)

        def loss(w, target):
            return ((ln.end_to_end(w) - target).square() * variances).sum((-2, -1)) / 2

        return gradient, None, loss

    patch("trajectories.exact_dynamics.descend_losses", _losses_by(change))

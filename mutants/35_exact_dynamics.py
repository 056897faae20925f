"""The wrong theories that 35_exact_dynamics must reject."""


def sigmoid_at_half_the_speed(patch):
    """u(t) with e^(-st) for e^(-2st), the equation of motion without the factor N = 2.

    Fails: 35.1a
    """
    patch.parameters(widths=[16, 64], layer_counts=[2, 16], networks=10)
    patch("trajectories.exact_dynamics.mode_strength", lambda right, t, s, u: right(t / 2, s, u))


def start_is_not_aligned(patch):
    """Aligned starts without the alignment: the product's singular vectors are another target's.

    Fails: 35.1a
    """
    patch.parameters(widths=[16, 64], layer_counts=[2, 16], networks=10)
    patch(
        "linear_networks.balanced_factors",
        lambda right, matrix, widths, rng=None: right(matrix.roll(1, 0), widths, rng),
    )


def weak_modes_first(patch):
    """Hidden directions taken by the weaker modes, not by the stronger ones.

    Fails: 35.2a
    """
    patch.parameters(widths=[16, 64], layer_counts=[2, 16], networks=10)

    def reversed_order(right, w, *bases):
        return right(w, *(basis.flip(-1) for basis in bases)).flip(-1)

    patch("trajectories.exact_dynamics.growing_start", reversed_order)


def half_time_exactly_inverse(patch):
    """Half time proportional to 1/s whatever the start: the logarithm left out.

    Fails: 35.2a
    """
    patch.parameters(widths=[16, 64], layer_counts=[2, 16], networks=10)

    def without_logarithm(right, s, u):
        return right(s, u).mean() * s.mean() / s

    patch("trajectories.exact_dynamics.half_time", without_logarithm)


def depth_costs_a_logarithm(patch):
    """The infinite-depth formula without 1/(s u0) - 1/(s uf): a delay that the start does not set.

    Fails: 35.3a
    """
    patch.parameters(widths=[16, 64], layer_counts=[2, 16], networks=10)
    patch(
        "trajectories.exact_dynamics.depth_limit",
        lambda right, s, u, f: right(s, u, f) - 1 / (s * u) + 1 / (s * f),
    )


def deep_networks_move_as_three_layers(patch):
    """Beyond three layers depth makes no difference to the path.

    Fails: 35.3a, 35.3b
    """
    patch.parameters(widths=[16, 64], layer_counts=[2, 16], networks=10)
    patch(
        "trajectories.exact_dynamics.equal_layers_descent",
        lambda right, u, s, n, **options: right(u, s, min(n, 3), **options),
    )


def orthogonal_starts_are_gaussian(patch):
    """Orthogonal layers that are only of the right size: no isometry.

    Fails: 35.4a
    """
    patch.parameters(widths=[16, 64], layer_counts=[2, 16], networks=10)

    def of_the_right_size(right, widths, seeds, rng):
        from lib.trajectories import exact_dynamics as ed

        if widths[0] == widths[-1]:  # square targets may diverge, which is no verdict
            return right(widths, seeds, rng)
        return ed.isotropic_weights(widths, seeds, rng)

    patch("trajectories.exact_dynamics.orthogonal_weights", of_the_right_size)


def width_does_not_matter(patch):
    """Gaussian layers are slow because they are Gaussian: every width acts as 16.

    Fails: 35.4b
    """
    patch.parameters(widths=[16, 64], layer_counts=[2, 16], networks=10)
    patch(
        "trajectories.exact_dynamics.isotropic_weights",
        lambda right, widths, *given: right([min(w, 16) for w in widths], *given),
    )


def square_starts_are_rough(patch):
    """Starts that are orthogonal but for a tenth: the premise of balance given up.

    Fails: 35.5a
    """
    patch.parameters(widths=[16, 64], layer_counts=[2, 16], networks=10)

    def rough(right, widths, seeds, rng):
        from torch import from_numpy

        draws = right(widths, seeds, rng)
        return tuple(w + 0.1 * from_numpy(rng.standard_normal(w.shape)) for w in draws)

    patch("trajectories.exact_dynamics.orthogonal_weights", rough)


def sides_exchanged(patch):
    """Those starts train whose determinant has not the target's sign.

    Fails: 35.5a, 35.5b
    """
    patch.parameters(widths=[16, 64], layer_counts=[2, 16], networks=10)
    patch("trajectories.exact_dynamics.same_side", lambda right, *given: ~right(*given))


def strength_sets_no_pace(patch):
    """The strength of a mode says how far it goes, not how soon: all modes keep one time.

    Fails: 35.1a, 35.2a
    """
    patch.parameters(widths=[16, 64], layer_counts=[2, 16], networks=10)

    def one_pace(right, weights, strength, left, basis, **options):
        from dataclasses import replace

        run = right(weights, strength / strength, left, basis, **options)
        return replace(run, strength=run.strength * strength)

    patch("trajectories.exact_dynamics.follow_modes", one_pace)

"""The wrong theories that 22_energy_bands must reject."""


def layers_twice_as_far_apart(patch):
    """The cost of index k is 2k + 1 eigenvalues beyond the bulk, instead of k + 1.

    Fails: 22.1d
    """

    def wrong(old, u, p, index=None):
        return old(u, p, None if index is None else 2 * index)

    patch("landscapes.complexity.complexity", wrong)


def edges_of_the_next_index(patch):
    """E_k solves the equation of index k + 1.

    Fails: 22.1a, 22.1b
    """
    patch("landscapes.complexity.band_edge", lambda old, p, k: old(p, k + 1))


def threshold_four_percent_off(patch):
    """The threshold lies 4% higher than 2 sqrt((p-1)/p).

    Fails: 22.1a, 22.1b
    """
    patch("landscapes.complexity.threshold_energy", lambda old, p: 0.96 * old(p))


def energies_doubled(patch):
    """Critical points lie at twice their energy.

    Fails: 22.1c
    """
    patch(
        "landscapes.complexity.log_count",
        lambda old, u, n, p: old(u / 2 if u < 0 else u, n, p),
    )


def prefactor_without_p(patch):
    """The count grows without the factor (p-1)^(n/2), as a public note has it.

    Fails: 22.1c, 22.2b
    """

    def wrong(old, u, n, p):
        return old(u, n, p) - n / 2 * __import__("math").log(p - 1)

    patch("landscapes.complexity.log_count", wrong)


def index_off_by_one(patch):
    """The k-th stripe is counted as that of index k + 1.

    Fails: 22.3a, 22.3c
    """
    patch(
        "landscapes.complexity.points_of_index",
        lambda old, counts, index: old(counts, index + 1),
    )


def border_of_another_power(patch):
    """The border of the band is n^(-1/2) wide instead of n^(-2/3).

    Fails: 22.3c
    """
    patch("landscapes.complexity.minimum_share", lambda old, s: old(s * 200 ** (-1 / 6)))


def stripes_do_not_narrow(patch):
    """The stripes of 200 spins are as wide as those of 50.

    Fails: 22.3b, 22.3d
    """

    def wrong(old, levels, n, samples, rng):
        return old(levels, min(n, 50), samples, rng)

    patch("landscapes.complexity.eigenvalue_counts", wrong)


def index_upside_down(patch):
    """The index of a critical point is counted upside down: maxima are minima.

    Fails: 22.3a
    """
    patch(
        "landscapes.complexity.points_of_index",
        lambda old, counts, index: old(200 - counts[:, ::-1], index)[:, ::-1],
    )


def search_left_out(patch):
    """Points are taken for critical where the search began.

    Fails: 22.2e, 22.2f
    """

    def wrong(old, couplings, spins, steps):
        return (spins, 0 * spins[..., 0])

    patch("landscapes.critical_points._search", wrong)


def number_of_the_next_eigenvalue(patch):
    """The number of index k weighs the eigenvalue k + 1.

    Fails: 22.2d, 22.2e, 22.2f
    """

    def wrong(old, n, p, index, **options):
        return old(n, p, min(index + 1, n - 1), **options)

    patch("landscapes.complexity.critical_point_sample", wrong)


def descent_lands_in_the_band(patch):
    """Descent ends in the band at every size, as the conjecture has it.

    Fails: 22.4e, 22.4f, 22.4g
    """

    def wrong(old, n, p, *given, **options):
        found, lowest = old(n, p, *given, **options)
        return (found if p == 2 else found - found.mean() - 1.645), lowest

    patch("landscapes.spin_glass.descent_ends", wrong)


def descent_does_not_close_in(patch):
    """Final energies keep their distance from the threshold, whatever the size.

    Fails: 22.4a
    """

    def wrong(old, n, p, *given, **options):
        found, lowest = old(n, p, *given, **options)
        return (found if p == 2 else found + 1.6 * (25 ** (-2 / 3) - n ** (-2 / 3))), lowest

    patch("landscapes.spin_glass.descent_ends", wrong)


def descent_ends_at_the_ground_state(patch):
    """In large systems descent comes down to the ground state, not to the threshold.

    Fails: 22.4b
    """

    def wrong(old, n, p, *given, **options):
        found, lowest = old(n, p, *given, **options)
        return found - 0.024 * (1 - (25 / n) ** 2), lowest

    patch("landscapes.spin_glass.descent_ends", wrong)


def ends_do_not_narrow(patch):
    """The spread of final energies falls as n^(-1/4).

    Fails: 22.4c
    """

    def wrong(old, n, p, *given, **options):
        found, lowest = old(n, p, *given, **options)
        return found.mean() + (found - found.mean()) * (n / 25) ** 0.5, lowest

    patch("landscapes.spin_glass.descent_ends", wrong)

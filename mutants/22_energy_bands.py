"""The wrong theories that 22_energy_bands must reject."""

import math


def layers_twice_as_far_apart(patch):
    """The cost of index k is 2k + 1 eigenvalues beyond the bulk, instead of k + 1.

    Fails: 22.1a
    """
    patch(
        "landscapes.complexity.complexity",
        lambda right, u, p, index=None: right(u, p, None if index is None else 2 * index),
    )


def number_without_p(patch):
    """The count grows without the factor (p-1)^(n/2), as a public note has it.

    Fails: 22.1a
    """

    def wrong(right, u, n, p, index, **options):
        return right(u, n, p, index, **options) - n / 2 * math.log(p - 1)

    patch("landscapes.complexity.log_index_count", wrong)


def border_of_another_power(patch):
    """The rim of the band is n^(-1/2) wide instead of n^(-2/3).

    Fails: 22.2a
    """
    patch(
        "landscapes.complexity.minimum_share",
        lambda right, s: right((s * 200 ** (-1 / 6)).clip(-6, 4)),
    )


def index_off_by_one(patch):
    """The k-th stripe is that of index k + 1.

    Fails: 22.2a
    """
    patch(
        "landscapes.complexity.points_of_index",
        lambda right, counts, index: right(counts, index + 1),
    )


def independent_eigenvalues(patch):
    """Eigenvalues do not repel: the probability that n are positive is that of one to the power n/8.

    Fails: 22.3b
    """

    def wrong(right, x, n):
        return n / 8 * right(x, 8)

    patch("landscapes.minima.log_gap_probability", wrong)


def minima_weighted_like_saddles(patch):
    """Minima are not weighted by energy: their law is that of the lowest eigenvalue alone.

    Fails: 22.4a
    """

    def wrong(right, n, p):
        found, middle = right(n, p), -math.sqrt(2 * (p - 1) / p) * math.sqrt(2)
        rate = n * (p - 2) / (2 * p) * p / (2 * (p - 1))
        return found._replace(log_above=found.log_above + rate * (found.energy**2 - middle**2))

    patch("landscapes.minima.minimum_law", wrong)


def ends_a_little_higher(patch):
    """Descent ends 0.02 higher, less than the width of the band.

    Fails: 22.4a
    """

    def wrong(right, n, p, *given, **options):
        found, lowest = right(n, p, *given, **options)
        return (found if p == 2 else found + 0.02), lowest

    patch("landscapes.glass_descent.descent_ends", wrong)


def ends_are_minima_drawn_at_random(patch):
    """Every minimum is as likely an end of descent as any other.

    Fails: 22.4a
    """

    def wrong(right, n, p, *given, **options):
        from lib.landscapes import minima

        found, lowest = right(n, p, *given, **options)
        mean = minima.minimum_law(n, 3).moments()[0]
        return (found if p == 2 else found - found.mean() + mean), lowest

    patch("landscapes.glass_descent.descent_ends", wrong)


def ends_narrow_as_independent_spins(patch):
    """The spread of final energies falls as n^(-1/2) from 25 spins on.

    Fails: 22.4b
    """

    def wrong(right, n, p, *given, **options):
        found, lowest = right(n, p, *given, **options)
        return found.mean() + (found - found.mean()) * (0.1 * (25 / n) ** 0.5 / found.std()), lowest

    patch("landscapes.glass_descent.descent_ends", wrong)


def ends_do_not_narrow(patch):
    """The spread of final energies falls as n^(-1/4).

    Fails: 22.4b
    """

    def wrong(right, n, p, *given, **options):
        found, lowest = right(n, p, *given, **options)
        return found.mean() + (found - found.mean()) * (n / 25) ** 0.5, lowest

    patch("landscapes.glass_descent.descent_ends", wrong)


def threshold_is_the_ground_state(patch):
    """Infinitely many spins come down to the ground state, not to the threshold.

    Fails: 22.4c
    """

    def wrong(right, p, time, step):
        t, energies = right(p, time, step)
        return t, energies - (0.024 if p == 3 else 0.0) * t / (1 + t)

    patch("landscapes.glass_descent.infinite_descent", wrong)


def no_memory(patch):
    """Each step of descent forgets the last: the response is that of the moment.

    Fails: 22.4c
    """

    def wrong(right, p, time, step):
        t, energies = right(2, time, step)
        return t, energies * (2 * math.sqrt((p - 1) / p) / math.sqrt(2))

    patch("landscapes.glass_descent.infinite_descent", wrong)


def search_left_out(patch):
    """Points are taken for critical where the search began.

    Fails: 22.5e, 22.5f
    """
    patch(
        "landscapes.critical_points._search",
        lambda right, couplings, spins, steps: (spins, 0 * spins[..., 0]),
    )

"""The wrong theories that 24_index_and_energy must reject."""

from dataclasses import replace


def threshold_two_percent_off(patch):
    """The threshold lies 2% farther out than 2 sqrt((p-1)/p).

    Fails: 24.1b
    """
    patch("landscapes.complexity.threshold_energy", lambda right, p: 1.02 * right(p))


def index_rises_linearly(patch):
    """The index fraction is a straight line in the energy instead of the semicircle's function.

    Fails: 24.1a
    """
    patch(
        "landscapes.complexity.index_share",
        lambda right, u, p: (0.5 + u / 1.633 / 2).clamp(0, 1),
    )


def radius_without_the_two(patch):
    """The semicircle has radius sqrt(xi'') instead of 2 sqrt(xi'').

    Fails: 24.2a
    """

    def wrong(right, covariance):
        law = right(covariance)
        return replace(law, radius=law.radius / 2)

    patch("landscapes.spin_glass.index_law", wrong)


def index_follows_the_energy_alone(patch):
    """The index is that of the energy times K, whatever the radial derivative is.

    Fails: 24.2a
    """

    def wrong(right, couplings, spins):
        from lib.landscapes import spin_glass

        return 2.4 * spin_glass.energy(couplings, spins)

    patch("landscapes.spin_glass.radial_derivative", wrong)


def search_left_out(patch):
    """Points are taken for critical where the search began.

    Fails: 24.3a, 24.3b
    """
    patch.parameters(small_draws=200)
    patch(
        "landscapes.critical_points._search",
        lambda right, couplings, spins, steps: (spins, 0 * spins[..., 0]),
    )


def critical_points_are_ordinary(patch):
    """The determinant does not matter: critical points have the slope and the spread of uniform ones.

    Fails: 24.3b, 24.3c
    """

    def wrong(right, covariance, n):
        return right(covariance, n)[0], 2.0, n**-0.5

    patch("landscapes.spin_glass.critical_moments", wrong)


def spread_of_ordinary_points(patch):
    """At given energy critical points scatter as ordinary points do.

    Fails: 24.3c
    """
    patch(
        "landscapes.spin_glass.critical_moments",
        lambda right, covariance, n: (*right(covariance, n)[:2], n**-0.5),
    )


def large_n_at_four_spins(patch):
    """The slope of four spins is that of infinitely many.

    Fails: 24.3b
    """

    def wrong(right, covariance, n):
        number, _, spread = right(covariance, n)
        return number, 2.4, spread

    patch("landscapes.spin_glass.critical_moments", wrong)


def seven_percent_more_points(patch):
    """Four spins have 7% more critical points.

    Fails: 24.3a
    """

    def wrong(right, covariance, n):
        number, *others = right(covariance, n)
        return 1.07 * number, *others

    patch("landscapes.spin_glass.critical_moments", wrong)


def bad_minima_are_common(patch):
    """A flat direction of the network is no way down: points whose index is 2 or less are minima.

    Fails: 24.4a
    """

    def wrong(right, *given, **options):
        found = right(*given, **options)
        few = found.index_fraction * 29 < 2.5
        return replace(found, index_fraction=found.index_fraction.where(~few, 0.0))

    patch("landscapes.perceptrons.critical_points", wrong)


def loss_falls_with_the_index(patch):
    """High critical points of the network have few ways down.

    Fails: 24.4b
    """

    def wrong(right, *given, **options):
        found = right(*given, **options)
        return replace(found, index_fraction=1 - found.index_fraction)

    patch("landscapes.perceptrons.critical_points", wrong)

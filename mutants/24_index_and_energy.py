"""The wrong theories that 24_index_and_energy must reject."""


def threshold_four_percent_off(patch):
    """The semicircle is 4% wider than 2 sqrt(p (p-1)).

    Fails: 24.1b
    """
    patch("landscapes.complexity.threshold_energy", lambda old, p: 1.04 * old(p))

    def wrong(old, covariance):
        found = old(covariance)
        object.__setattr__(found, "radius", 1.04 * found.radius)
        return found

    patch("landscapes.spin_glass.index_law", wrong)


def radius_without_the_two(patch):
    """The semicircle has radius sqrt(xi'') instead of 2 sqrt(xi'').

    Fails: 24.1b, 24.2a
    """

    def wrong(old, covariance):
        found = old(covariance)
        object.__setattr__(found, "radius", found.radius / 2)
        return found

    patch("landscapes.spin_glass.index_law", wrong)


def index_rises_linearly(patch):
    """The index fraction is a straight line in the energy instead of the semicircle's function.

    Fails: 24.1a, 24.1d
    """
    patch(
        "landscapes.complexity.index_share",
        lambda old, u, p: (0.5 + u / 1.633 / 2).clamp(0, 1),
    )


def slope_of_ordinary_points(patch):
    """Critical points have the slope xi'/xi of ordinary points.

    Fails: 24.2b
    """

    def wrong(old, covariance):
        found = old(covariance)
        object.__setattr__(found, "radial_given_energy", found.ordinary_slope)
        return found

    patch("landscapes.spin_glass.index_law", wrong)


def search_left_out(patch):
    """Points are taken for critical where the search began.

    Fails: 24.2e, 24.2f
    """

    def wrong(old, couplings, spins, steps):
        return (spins, 0 * spins[..., 0])

    patch("landscapes.critical_points._search", wrong)


def search_cut_short(patch):
    """Eight steps of search are enough.

    Fails: 24.1b, 24.1e
    """

    def wrong(old, *given, **options):
        return old(*given, **options | {"steps": 8})

    patch("newton.find_roots", wrong)


def spread_of_ordinary_points(patch):
    """At given energy critical points scatter as ordinary points do: the determinant does not matter.

    Fails: 24.2c
    """

    def wrong(old, covariance, n):
        number, slope, _ = old(covariance, n)
        return number, slope, 1 / n**0.5

    patch("landscapes.spin_glass.critical_moments", wrong)


def counts_without_the_determinant(patch):
    """The number of critical points of four spins is a fifth larger.

    Fails: 24.2e
    """

    def wrong(old, covariance, n):
        number, *others = old(covariance, n)
        return 1.2 * number, *others

    patch("landscapes.spin_glass.critical_moments", wrong)


def loss_falls_with_the_index(patch):
    """High critical points of the network have few ways down.

    Fails: 24.3a, 24.3b
    """

    def wrong(old, *given, **options):
        found = old(*given, **options)
        object.__setattr__(found, "index_fraction", 1 - found.index_fraction)
        return found

    patch("landscapes.perceptrons.critical_points", wrong)

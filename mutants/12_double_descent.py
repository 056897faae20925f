"""The wrong theories that 12_double_descent must reject."""


def unseen_signal_is_no_noise(patch):
    """Only the noise of the measurement is noise: the signal outside the fit is left out.

    Fails: 12.1a, 12.1b
    """

    def wrong(old, p, n, total, noise):
        bias, part = max(p - n, 0) / total, noise / (noise + 1 - p / total)
        return bias + (old(p, n, total, noise) - bias) * part

    patch("obstacles.least_squares.least_norm_risk", wrong)


def degrees_of_freedom_off_by_one(patch):
    """The variance with |n - p| in its denominator for |n - p| - 1.

    Fails: 12.1a, 12.1b
    """

    def wrong(old, p, n, total, noise):
        left = 1 - p / total + noise
        if p < n:
            return left * (1 + p / (n - p))
        return (p - n) / total + left * (1 + n / max(p - n, 1))

    patch("obstacles.least_squares.least_norm_risk", wrong)


def nothing_is_lost_in_width(patch):
    """A wide fit sees all of the signal in its features: the term p/D (1 - n/p) is left out.

    Fails: 12.1b
    """
    patch(
        "obstacles.least_squares.least_norm_risk",
        lambda old, p, n, total, noise: old(p, n, total, noise) - max(p - n, 0) / total,
    )


def any_interpolation_will_do(patch):
    """The norm does not matter: the fit that interpolates with the first n features is as good.

    Fails: 12.1b, 12.1d, 12.4g, 12.4h, 12.5c
    """

    from torch import cat

    def first_only(old, inputs, outputs, ridge=0.0):
        n, p = inputs.shape[-2:]
        if ridge or p <= n:
            return old(inputs, outputs, ridge)
        found = old(inputs[..., :n], outputs)
        rest = found.new_zeros(*found.shape[:-2], p - n, found.shape[-1])
        return cat([found, rest], -2)

    patch("obstacles.least_squares.fit", first_only)


def exponent_without_the_half(patch):
    """The smallest eigenvalue, not its root, has the density of a distance: exponent |p - n| + 1.

    Fails: 12.2a, 12.2b, 12.2c, 12.2d, 12.2e, 12.2g
    """
    patch("obstacles.least_squares.tail_law", lambda old, distance: 2 * old(distance))


def one_dimension_more(patch):
    """The distance from the other columns has |p - n| + 2 dimensions to live in.

    Fails: 12.2a, 12.2b, 12.2c, 12.2d, 12.2g
    """
    patch("obstacles.least_squares.tail_law", lambda old, distance: old(abs(distance) + 1))


def risk_is_tame(patch):
    """The threshold is two features wide: the smallest singular value stays away from zero.

    Fails: 12.2a, 12.2b, 12.2c, 12.2f
    """
    patch(
        "obstacles.least_squares.noise_gain",
        lambda old, samples, distance, *rest: old(samples, distance + 2, *rest),
    )


def ridge_for_the_measured_noise(patch):
    """The best ridge is D s^2: the signal outside the fit is left out.

    Fails: 12.3a, 12.3b
    """
    patch("obstacles.least_squares.best_ridge", lambda old, p, total, noise: total * noise)


def limit_law_turned_round(patch):
    """The limit law with samples and features exchanged.

    Fails: 12.3a
    """
    patch(
        "obstacles.least_squares.ridge_risk",
        lambda old, p, n, total, noise: old(n, p, total, noise),
    )


def ridge_is_idle(patch):
    """A ridge changes nothing that counts.

    Fails: 12.3a, 12.3b, 12.5a, 12.5b, 12.5d
    """
    patch("obstacles.least_squares.fit", lambda old, x, y, ridge=0.0: old(x, y, 0.0))


def least_squares_is_tame_by_itself(patch):
    """There is no peak: least squares acts as if it had a small ridge.

    Fails: 12.1c, 12.4a, 12.4b, 12.4c, 12.4d, 12.4e, 12.4f
    """
    patch(
        "obstacles.least_squares.fit",
        lambda old, x, y, ridge=0.0: old(x, y, max(ridge, 0.1)),
    )


def wrong_labels_are_harmless(patch):
    """Interpolated wrong labels cost nothing: they might as well be right.

    Fails: 12.5d
    """

    def clean(old, widths, samples, wrong, *rest, **options):
        return old(widths, samples, [0.0 * share for share in wrong], *rest, **options)

    patch("obstacles.least_squares.digit_errors", clean)


def width_beyond_the_peak_is_idle(patch):
    """Features beyond 1.25 n add nothing.

    Fails: 12.4g, 12.4h
    """

    def clipped(old, widths, samples, *rest, **options):
        widest = round(1.25 * samples)
        return old([min(p, widest) for p in widths], samples, *rest, **options)

    patch("obstacles.least_squares.digit_errors", clipped)

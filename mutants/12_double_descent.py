"""The wrong theories that 12_double_descent must reject."""

import torch

from lib.obstacles.least_squares import linear_features


def _brief(patch):
    """Where the digits are not the point, take few of them."""
    patch.parameters(splits=8, tail_draws=20000)


def unseen_signal_is_no_noise(patch):
    """Only the noise of the measurement is noise: the signal outside the fit is left out.

    Fails: 12.1a
    """
    _brief(patch)

    def wrong(right, p, n, total, noise):
        bias, part = max(p - n, 0) / total, noise / (noise + 1 - p / total)
        return bias + (right(p, n, total, noise) - bias) * part

    patch("obstacles.least_squares.least_norm_risk", wrong)


def degrees_of_freedom_off_by_one(patch):
    """The variance with |n - p| in its denominator for |n - p| - 1.

    Fails: 12.1a
    """
    _brief(patch)

    def wrong(right, p, n, total, noise):
        left = 1 - p / total + noise
        if p < n:
            return left * (1 + p / (n - p))
        return (p - n) / total + left * (1 + n / max(p - n, 1))

    patch("obstacles.least_squares.least_norm_risk", wrong)


def nothing_is_lost_in_width(patch):
    """A wide fit sees all of the signal in its features: the term p/D (1 - n/p) is left out.

    Fails: 12.1a
    """
    _brief(patch)
    patch(
        "obstacles.least_squares.least_norm_risk",
        lambda right, p, n, total, noise: right(p, n, total, noise) - max(p - n, 0) / total,
    )


def bias_returns_in_width(patch):
    """Beyond n the fit loses what it does not see, 1 - n/p of the signal, and gains nothing: the bias rises.

    Fails: 12.1b
    """
    _brief(patch)
    patch(
        "obstacles.least_squares.squared_bias",
        lambda right, p, total, shrinkage: 1 - shrinkage if shrinkage < 0.9 else 1 - p / total,
    )


def any_interpolation_will_do(patch):
    """The norm does not matter: the fit that interpolates with the first n features is as good.

    Fails: 12.1a, 12.1b
    """
    _brief(patch)

    def first_only(right, inputs, outputs, ridge=0.0):
        n, p = inputs.shape[-2:]
        if ridge or p <= n:
            return right(inputs, outputs, ridge)
        found = right(inputs[..., :n], outputs)
        rest = found.new_zeros(*found.shape[:-2], p - n, found.shape[-1])
        return torch.cat([found, rest], -2)

    patch("obstacles.least_squares.fit", first_only)


def exponent_without_the_half(patch):
    """The smallest eigenvalue, not its root, has the density of a distance: exponent |p - n| + 1.

    Fails: 12.2a
    """
    patch.parameters(splits=8)
    patch("obstacles.least_squares.tail_law", lambda right, distance: 2 * right(distance))


def one_dimension_more(patch):
    """The distance from the other columns has |p - n| + 2 dimensions to live in.

    Fails: 12.2a
    """
    patch.parameters(splits=8)
    patch("obstacles.least_squares.tail_law", lambda right, distance: right(abs(distance) + 1))


def risk_is_tame(patch):
    """The threshold is two features wide: the smallest singular value stays away from zero.

    Fails: 12.2a
    """
    patch.parameters(splits=8)
    patch(
        "obstacles.least_squares.noise_gain",
        lambda right, samples, distance, *rest: right(samples, distance + 2, *rest),
    )


def ridge_for_the_measured_noise(patch):
    """The best ridge is D s^2: the signal outside the fit is left out.

    Fails: 12.3a, 12.3b
    """
    _brief(patch)
    patch("obstacles.least_squares.best_ridge", lambda right, p, total, noise: total * noise)


def ridge_half_as_large_again(patch):
    """The best ridge is 1.5 times that of Bayes.

    Fails: 12.3b
    """
    _brief(patch)
    patch(
        "obstacles.least_squares.other_ridges",
        lambda right, factors, *given: right([1.5 * factor for factor in factors], *given),
    )


def ridge_is_idle(patch):
    """A ridge changes nothing that counts.

    Fails: 12.3a, 12.4b
    """
    patch("obstacles.least_squares.fit", lambda right, x, y, ridge=0.0: right(x, y, 0.0))


def least_squares_is_tame_by_itself(patch):
    """There is no peak: least squares acts as if it had a small ridge.

    Fails: 12.4a
    """
    patch(
        "obstacles.least_squares.fit",
        lambda right, x, y, ridge=0.0: right(x, y, max(ridge, 0.1)),
    )


def threshold_at_ten_coefficients_a_sample(patch):
    """Each of the ten outputs has its own p coefficients: the threshold is 10 p = n.

    Fails: 12.4a, 12.4c
    """

    def tenth(right, widths, samples, *rest, **options):
        return right([max(1, p // 10) for p in widths], samples, *rest, **options)

    patch("obstacles.least_squares.digit_fits", tenth)


def parameters_are_what_is_counted(patch):
    """The effective number of parameters is the number of features, whatever the fit does with them.

    Fails: 12.4c
    """

    def counted(right, widths, *rest, **options):
        fits = right(widths, *rest, **options)
        count = torch.tensor(widths, dtype=fits.effective.dtype)
        return fits._replace(effective=count.expand_as(fits.effective))

    patch("obstacles.least_squares.digit_fits", counted)


def effective_parameters_of_the_training_images(patch):
    """Counted on the training images, where they are p up to n and n beyond, they tell the same.

    Fails: 12.4c
    """

    def counted(right, widths, samples, *rest, **options):
        fits = right(widths, samples, *rest, **options)
        count = torch.tensor([min(p, samples) for p in widths], dtype=fits.effective.dtype)
        return fits._replace(effective=count.expand_as(fits.effective))

    patch("obstacles.least_squares.digit_fits", counted)


def features_need_no_kink(patch):
    """Any p features will do: a network of linear units has its threshold at p = n, too.

    Fails: 12.4a, 12.4c
    """

    def fits(right, *given, features=None):
        return right(*given, features=linear_features)

    patch("obstacles.least_squares.digit_fits", fits)


def elimination_at_the_threshold(patch):
    """A square system has one solution: at p = n elimination will do, whatever the rank.

    Fails: 12.5o
    """

    def eliminated(right, inputs, outputs, ridge=0.0):
        n, p = inputs.shape[-2:]
        if n == p and not ridge:
            return torch.linalg.solve_ex(inputs, outputs)[0]
        return right(inputs, outputs, ridge)

    patch("obstacles.least_squares.fit", eliminated)


def limit_law_turned_round(patch):
    """The limit law with samples and features exchanged.

    Fails: 12.5c
    """
    _brief(patch)
    patch(
        "obstacles.least_squares.ridge_risk",
        lambda right, p, n, total, noise: right(n, p, total, noise),
    )


def wrong_labels_are_harmless(patch):
    """Interpolated wrong labels cost nothing: they might as well be right.

    Fails: 12.5l
    """

    def clean(right, widths, samples, wrong, *rest, **options):
        return right(widths, samples, [0.0 * share for share in wrong], *rest, **options)

    patch("obstacles.least_squares.digit_fits", clean)


def width_beyond_the_peak_is_idle(patch):
    """Features beyond 1.25 n add nothing.

    Fails: 12.5j
    """

    def clipped(right, widths, samples, *rest, **options):
        widest = round(1.25 * samples)
        return right([min(p, widest) for p in widths], samples, *rest, **options)

    patch("obstacles.least_squares.digit_fits", clipped)


def more_images_never_hurt(patch):
    """The error of the fit of least norm falls with the number of images, whatever the features.

    Fails: 12.5m
    """
    seen = []

    def monotone(right, widths, samples, *rest, **options):
        fits = right(widths, samples, *rest, **options)
        if len(widths) > 1:
            return fits
        seen.append(fits.errors)
        return fits._replace(errors=seen[0] if len(seen) == 1 else seen[0] + 0.05)

    patch("obstacles.least_squares.digit_fits", monotone)

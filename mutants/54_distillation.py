"""The wrong theories that 54_distillation must reject."""


def _short(patch):
    """For theories of sections 1 and 2: the digits need not be judged at full length."""
    patch.parameters(draws=4, student_steps=300, ensemble_steps=300)


def everything_from_few_images(patch):
    """A few soft targets hold the whole teacher: the student ends at W_T.

    Fails: 54.1a, 54.1b, 54.1c
    """
    patch("practice.distillation.student_limit", lambda old, teachers, images, start: teachers)
    _short(patch)


def across_the_span(patch):
    """The student learns what is across the span of the images.

    Fails: 54.1a, 54.1b, 54.1c
    """

    def turned(old, teachers, images, start):
        return teachers + start - old(teachers, images, start)

    patch("practice.distillation.student_limit", turned)
    _short(patch)


def start_forgotten(patch):
    """The start leaves no trace.

    Fails: 54.1c
    """
    patch("practice.distillation.student_limit", lambda old, w, x, start: old(w, x, 0 * start))
    _short(patch)


def start_added(patch):
    """What is learned comes on top of the whole start: W_0 + W_T P.

    Fails: 54.1c
    """
    patch(
        "practice.distillation.student_limit",
        lambda old, w, x, start: start + old(w, x, 0 * start),
    )
    _short(patch)


def an_image_short(patch):
    """The last image of the transfer set adds no direction.

    Fails: 54.1a, 54.1b, 54.1c
    """
    patch(
        "practice.distillation.student_limit",
        lambda old, w, x, start: old(w, x[:, 1:], start),
    )
    _short(patch)


def temperature_of_the_teacher_only(patch):
    """The temperature belongs to the teacher: the student answers at T = 1.

    Fails: 54.1a, 54.1b, 54.1c
    """

    def cold(old, images, targets, start, temperature, **options):
        return old(images, targets, start, 1, **options)

    patch("practice.distillation.linear_student", cold)
    _short(patch)


def soft_targets_are_labels(patch):
    """Only the likeliest class counts: soft targets may be hardened.

    Fails: 54.1a, 54.1b, 54.1d, 54.3a, 54.3b, 54.3c, 54.3d, 54.3e
    """

    import torch

    def hard(old, scores, temperature):
        return torch.nn.functional.one_hot(scores.argmax(-1), scores.shape[-1]).double()

    patch("practice.distillation.soften", hard)
    patch.parameters(ensemble_steps=300)


def scores_as_they_are(patch):
    """Logits are matched as they are, not centred.

    Fails: 54.2a, 54.2b
    """
    patch("practice.distillation.centred", lambda old, scores: scores)
    _short(patch)


def classes_not_counted(patch):
    """The matched gradient is z - v, whatever the number of classes.

    Fails: 54.2a, 54.2b
    """
    patch("practice.distillation.matching_gradient", lambda old, z, v: z.shape[-1] * old(z, v))
    _short(patch)


def error_of_second_order(patch):
    """The error of matching falls as 1/T^2.

    Fails: 54.2b
    """
    patch("practice.distillation.matching_error", lambda old, z, v, T: old(z, v, T) / T)
    _short(patch)


def next_term_without_the_half(patch):
    """The next term of the softmax is z^2/T^2, without the half.

    Fails: 54.2b
    """
    patch("practice.distillation.matching_error", lambda old, *given: 2 * old(*given))
    _short(patch)


def no_factor_for_the_temperature(patch):
    """The cross-entropy needs no factor T^2.

    Fails: 54.2a, 54.2b, 54.2c
    """
    patch("practice.distillation.soft_gradient", lambda old, z, v, T: old(z, v, T) / T**2)
    _short(patch)


def factor_of_the_temperature(patch):
    """A factor T is enough to keep the gradient's size.

    Fails: 54.2a, 54.2b, 54.2c
    """
    patch("practice.distillation.soft_gradient", lambda old, z, v, T: old(z, v, T) / T)
    _short(patch)


def any_wrong_class(patch):
    """How sure the teacher is matters, not which wrong classes it thinks of.

    Fails: 54.3a, 54.3b, 54.3d, 54.3e
    """

    def mixed(old, start, images, targets, orders, *, temperature=1.0, **options):
        import numpy as np

        from lib.practice import distillation as di

        generators = [np.random.default_rng([9, k]) for k in range(len(images))]
        if temperature in (4, 20):
            targets = {k: di.permuted(p, generators) for k, p in targets.items()}
        return old(start, images, targets, orders, temperature=temperature, **options)

    patch("practice.distillation.learn_from", mixed)
    patch.parameters(ensemble_steps=300)


def temperature_does_not_matter(patch):
    """Probabilities are what they are: T = 1 does for all.

    Fails: 54.3c
    """

    def cold(old, *given, temperature=1.0, **options):
        return old(*given, temperature=1.0, **options)

    patch("practice.distillation.soften", lambda old, scores, temperature: old(scores, 1))
    patch("practice.distillation.learn_from", cold)
    patch.parameters(ensemble_steps=300)


def one_teacher_is_enough(patch):
    """An ensemble's targets are no better than those of one of its networks.

    Fails: 54.4a, 54.4d
    """
    patch(
        "practice.distillation.ensemble_targets",
        lambda old, scores, temperature: old(scores[:1], temperature),
    )
    patch.parameters(draws=5, student_steps=300)


def quick_students(patch):
    """A student needs no longer than a glance at the transfer set.

    Fails: 54.4b
    """
    patch.parameters(student_steps=300, ensemble_steps=100)


def evenness_does_not_help(patch):
    """Spreading the rest evenly changes nothing: flattened targets do what the soft ones do.

    Fails: 54.4f
    """
    patch("practice.distillation.spread_evenly", lambda old, targets: targets)
    patch.parameters(draws=5, student_steps=300)


def answers_drawn_by_lot(patch):
    """A hard label may be drawn from the probabilities: on average it is the soft target.

    Fails: 54.4g
    """

    def drawn(old, targets):
        import numpy as np
        import torch

        lots = np.random.default_rng(9).uniform(size=(*targets.shape[:-1], 1))
        below = (targets.cumsum(-1) < torch.from_numpy(lots)).sum(-1)
        classes = targets.shape[-1]
        return torch.nn.functional.one_hot(below.clamp(max=classes - 1), classes).double()

    patch("practice.distillation.hardened", drawn)
    patch.parameters(draws=5, student_steps=300)


def ensemble_without_wrong_classes(patch):
    """What an ensemble says of wrong classes can be left out of its targets.

    Fails: 54.4c
    """

    def flat(old, scores, temperature):
        from lib.practice import distillation as di

        return di.spread_evenly(old(scores, temperature)) if temperature > 1 else old(scores, 1)

    patch("practice.distillation.ensemble_targets", flat)
    patch.parameters(draws=5, student_steps=300)

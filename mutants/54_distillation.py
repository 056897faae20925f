"""The wrong theories that 54_distillation must reject."""


def _short(patch):
    """For theories of sections 1 and 2: the digits need not be judged at full length."""
    patch.parameters(draws=4, steps=100, rates=[0.003, 0.01])


def everything_from_few_images(patch):
    """A few soft targets hold the whole teacher: the student ends at W_T.

    Fails: 54.1a
    """
    patch("practice.distillation.student_limit", lambda old, teachers, images, start: teachers)
    _short(patch)


def across_the_span(patch):
    """The student learns what is across the span of the images.

    Fails: 54.1a
    """

    def turned(old, teachers, images, start):
        return teachers + start - old(teachers, images, start)

    patch("practice.distillation.student_limit", turned)
    _short(patch)


def start_forgotten(patch):
    """The start leaves no trace.

    Fails: 54.1a
    """
    patch("practice.distillation.student_limit", lambda old, w, x, start: old(w, x, 0 * start))
    _short(patch)


def an_image_short(patch):
    """The last image of the transfer set adds no direction.

    Fails: 54.1a
    """
    patch(
        "practice.distillation.student_limit",
        lambda old, w, x, start: old(w, x[:, 1:], start),
    )
    _short(patch)


def temperature_of_the_teacher_only(patch):
    """The temperature belongs to the teacher: the student answers at T = 1.

    Fails: 54.1a
    """

    def cold(old, images, targets, start, temperature, **options):
        return old(images, targets, start, 1, **options)

    patch("practice.distillation.linear_student", cold)
    _short(patch)


def classes_not_counted(patch):
    """The matched gradient is z - v, whatever the number of classes.

    Fails: 54.2a
    """
    patch("practice.distillation.matching_gradient", lambda old, z, v: z.shape[-1] * old(z, v))
    _short(patch)


def error_of_second_order(patch):
    """The error of matching falls as 1/T^2.

    Fails: 54.2a
    """
    patch("practice.distillation.matching_error", lambda old, z, v, T: old(z, v, T) / T)
    _short(patch)


def next_term_a_little_larger(patch):
    """The next term of the softmax is five in a hundred larger.

    Fails: 54.2a
    """
    patch("practice.distillation.matching_error", lambda old, *given: 1.05 * old(*given))
    _short(patch)


def soft_targets_are_labels(patch):
    """Only the likeliest class counts: soft targets may be hardened.

    Fails: 54.3a, 54.4a, 54.4b
    """

    import torch

    def hard(old, scores, temperature):
        return torch.nn.functional.one_hot(scores.argmax(-1), scores.shape[-1]).double()

    patch("practice.distillation.soften", hard)
    patch.parameters(problems=5, draws=6, steps=300)


def any_wrong_class(patch):
    """How sure the teacher is matters, not which wrong classes it thinks of.

    Fails: 54.3a, 54.4b
    """

    def mixed(old, scores, temperature):
        import numpy as np

        from lib.practice import distillation as di

        p = old(scores, temperature)
        if p.ndim != 3 or p.shape[1] < 100 or p.shape[-1] != 10:
            return p
        return di.permuted(p, [np.random.default_rng([9, k]) for k in range(len(p))])

    patch("practice.distillation.soften", mixed)
    patch.parameters(problems=5, draws=6, steps=300)


def evenness_is_all(patch):
    """What is said of wrong classes is noise, always: the rest may be spread evenly.

    Fails: 54.4b
    """
    patch("practice.distillation.spread_evenly", lambda old, targets: targets)
    patch.parameters(problems=5, draws=6, steps=300)


def one_teacher_is_enough(patch):
    """An ensemble's targets are no better than those of one of its networks.

    Fails: 54.5a
    """

    def first(old, scores, temperature):
        return old(scores[:1], temperature)

    patch("practice.distillation.ensemble_targets", first)
    patch.parameters(problems=5)


def answers_need_not_be_smooth(patch):
    """Smoothing is of no account: a constant confidence of one does as well.

    Fails: 54.5c
    """
    patch("practice.distillation.smoothed", lambda old, targets, confidence: old(targets, 1.0))
    patch.parameters(problems=5)

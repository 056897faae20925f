"""The wrong theories that 55_hints must reject."""


def _fewer(patch, draws=12):
    """For theories that fail by far: half the draws are enough."""
    patch.parameters(draws=draws, few_draws=6)


def _of_he(old, widths, *given, gain=1.0):
    """The start of deep students (teachers have two hidden layers) has twice the variance."""
    return old(widths, *given, gain=2**0.5 if len(widths) > 4 else gain)


def start_does_not_matter(patch):
    """Deep thin students die from any start: they may all have twice the variance.

    Fails: 55.1a, 55.2a, 55.2b
    """

    patch("practice.starts.normal_start", _of_he)
    _fewer(patch)


def taught_in_name_only(patch):
    """Stages do not matter: the taught students learn the labels, like the others.

    Fails: 55.2a, 55.2b
    """

    def labels_alone(old, start, images, labels, orders, said, *_, learning_rate, **__):
        from lib.practice import hints as hi

        one = hi.plain(start, images, labels, orders, learning_rate=learning_rate)
        return one.repeated(len(said))

    patch("practice.hints.taught", labels_alone)
    _fewer(patch)


def soft_targets_weigh_squared_temperature(patch):
    """Soft targets weigh T^2 times as much, as in distillation.

    Fails: 55.2b
    """

    def squared(old, z, y, p, weight, temperature):
        return old(z, y, p, weight * temperature**2, temperature)

    patch("practice.hints.soft_pull", squared)
    _fewer(patch)


def student_shuns_the_teacher(patch):
    """The student is pushed off the teacher's answers: the sign of the soft targets turned.

    Fails: 55.2a, 55.2b
    """

    def turned(old, z, y, p, weight, temperature):
        return old(z, y, p, -weight, temperature)

    patch("practice.hints.soft_pull", turned)
    _fewer(patch)


def leaky_students_die_too(patch):
    """Death has nothing to do with units that are off: leaky units do the same.

    Fails: 55.1a, 55.1b
    """

    from lib.practice.networks import leaky

    patch.value("practice.networks.RELU", leaky(0.25))
    _fewer(patch)


def death_begins_at_the_image(patch):
    """The signal is lost in the first layers, which the hint then saves.

    Fails: 55.1c
    """
    patch("practice.hints.first_dead_layer", lambda old, living: old(living.flip(-1)))
    _fewer(patch, 16)


def born_dead(patch):
    """Dead students are born dead: at the start their units are off for all images.

    Fails: 55.1d
    """

    def off(old, widths, *given, **options):
        net = old(widths, *given, **options)
        hidden = tuple(b - 1 for b in net.biases[:-1]) if len(widths) > 4 else net.biases[:-1]
        return net._replace(biases=(*hidden, net.biases[-1]))

    patch("practice.starts.normal_start", off)
    _fewer(patch)


def low_accuracy_is_death(patch):
    """A dead student is one of low accuracy, whatever the reason: no need that layers are off.

    Fails: 55.1b, 55.1c
    """
    patch.parameters(alive=0.6)

    patch("practice.starts.normal_start", _of_he)


def any_teacher_will_do(patch):
    """How long the teacher learned is of no account: fifteen steps are as good.

    Fails: 55.3b, 55.3c
    """

    def short(old, start, images, labels, orders, **rate):
        return old(start, images, labels, orders[:, :15], **rate)

    patch("practice.hints.train_teachers", short)
    _fewer(patch)


def stopping_early_costs_the_teacher_nothing(patch):
    """A teacher that is stopped early is as good as any: its steps are of full use.

    Fails: 55.3e
    """

    def long(old, start, images, labels, orders, **rate):
        repeats = -(-500 // orders.shape[1])
        at = orders.repeat(1, repeats, 1)[:, :500]
        step = at.new_tensor(range(500))[None, :, None]
        return old(start, images, labels, (at + 8 * step) % images.shape[1], **rate)

    patch("practice.hints.train_teachers", long)
    _fewer(patch)


def hint_is_repelled(patch):
    """The lower half descends away from the hint: the sign of its error turned.

    Fails: 55.2a
    """
    patch("practice.hints.hint_pull", lambda old, outputs, hints: -old(outputs, hints))


def size_of_the_start_is_of_no_account(patch):
    """Weights larger by a constant change nothing: there is but one start.

    Fails: 55.2d
    """
    patch("practice.starts.normal_start", lambda old, *given, gain=1.0: old(*given))

"""The wrong theories that 55_hints must reject."""


def _fewer(patch, draws=24):
    """For theories that fail by far: fewer students are enough, and no long training."""
    patch.parameters(draws=draws, few=20, long_steps=300, rates=[0.003, 0.006])


def _of_he(old, widths, *given, gain=1.0):
    """The start of deep students (teachers have two hidden layers) has twice the variance."""
    return old(widths, *given, gain=2**0.5 if len(widths) > 4 else gain)


def start_does_not_matter(patch):
    """Deep thin students die from any start: they may all have twice the variance.

    Fails: 55.1a
    """
    patch("practice.starts.normal_start", _of_he)
    _fewer(patch)


def leaky_students_die_too(patch):
    """Death has nothing to do with units that are off: leaky units do the same.

    Fails: 55.1a
    """

    from lib.practice.networks import leaky

    patch.value("practice.networks.RELU", leaky(0.25))
    _fewer(patch)


def death_begins_at_the_image(patch):
    """The signal is lost in the first layers, which the hint then saves.

    Fails: 55.1a
    """

    def below(old, network, images):
        from lib.practice import hints as hi

        living = hi.living_units(network, images)
        return (living[..., : living.shape[-1] // 2] == 0).any(-1)

    patch("practice.hints.dead", below)
    _fewer(patch)


def labels_of_one_image_do_not_vary(patch):
    """Minibatches are not noisy: the frequencies of the classes in one are those of all.

    Fails: 55.1a
    """

    def without_noise(old, outputs, labels, soft, weight, temperature):
        shares = labels.mean(-1, keepdim=True)
        return old(outputs, labels - shares + 1 / labels.shape[1], soft, weight, temperature)

    patch("practice.hints.soft_pull", without_noise)
    _fewer(patch)


def a_constant_tells_nothing(patch):
    """A target that is the same for every image carries nothing, and is as good as a uniform one.

    Fails: 55.2a, 55.2b
    """

    patch("practice.hints.constant_targets", lambda old, soft: 0 * old(soft) + 1 / soft.shape[-1])
    _fewer(patch)


def targets_must_tell_images_apart(patch):
    """What saves are targets that differ from image to image: these hold all, the mean nothing.

    Fails: 55.2a, 55.2b
    """

    def varying(old, soft):
        return soft

    def constant(old, soft):
        return 0 * soft + 1 / soft.shape[-1]

    patch("practice.hints.varying_targets", varying)
    patch("practice.hints.constant_targets", constant)
    _fewer(patch)


def soft_targets_are_a_weight(patch):
    """Soft targets save by the size of their gradient, whatever its direction: it may be drawn by lot.

    Fails: 55.2a
    """

    def mixed(old, outputs, labels, soft, weight, temperature):
        import torch

        places = torch.randperm(soft.shape[1], generator=torch.Generator().manual_seed(_lot()))
        return old(outputs, labels, soft[:, places], weight, temperature)

    patch("practice.hints.soft_pull", mixed)
    _fewer(patch)


def _lot(count=[0]):  # noqa: B006
    count[0] += 1
    return count[0]


def biases_of_scores_are_soon_learned(patch):
    """The last biases are learned first and forgotten: where they start is of no account.

    Fails: 55.2c
    """
    patch("practice.hints.with_output_biases", lambda old, network, size, who: network)
    _fewer(patch)


def hint_is_repelled(patch):
    """The lower half descends away from the hint: the sign of its error turned.

    Fails: 55.3a
    """
    patch("practice.hints.hint_pull", lambda old, outputs, hints: -old(outputs, hints))
    patch.parameters(draws=24, long_steps=300, rates=[0.003, 0.006])


def hint_is_forgotten(patch):
    """What the lower half has imitated is lost on the way: a hint changes nothing.

    Fails: 55.3a
    """
    patch("practice.hints.imitate", lambda old, students, *given, **options: students)
    patch.parameters(draws=24, long_steps=300, rates=[0.003, 0.006])


def any_answers_will_do(patch):
    """In the end, too, it is the pull that helps: the answers may be those to other images.

    Fails: 55.4a
    """

    def shifted(old, students, sets, soft, orders, **options):
        if orders.shape[1] > 400:
            soft = soft.roll(1, 1)
        return old(students, sets, soft, orders, **options)

    patch("practice.hints.second_stage", shifted)
    patch.parameters(draws=24)


def labels_teach_as_much(patch):
    """A lesson is as good as the labels: taught students learn labels alone.

    Fails: 55.4a
    """

    def labels_alone(old, start, sets, said, orders, hint_steps, generators, **rate):
        from lib.practice import hints as hi

        return hi.plain(start, sets, orders, **rate)

    patch("practice.hints.taught", labels_alone)
    patch.parameters(draws=24, long_steps=300, rates=[0.003, 0.006])

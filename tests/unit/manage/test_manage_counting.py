from bfe_py.manage import WorkerReading
from bfe_py.manage.counting import Counted, Slots, bucket_counts, count, difference, merge
from bfe_py.observe import HistogramSample, Reading, Sample


def sample(name, values, *, kind="counter", labels=("tenant",), bfe=""):
    return Sample(name, "Help.", kind, bfe, labels, values)


def reading(worker, *samples, histograms=(), **state):
    return WorkerReading(worker, Reading(list(samples), list(histograms)), **state)


def histogram(counts, total, bounds=(0.1, 1.0)):
    return HistogramSample("bfe_x_seconds", "Help.", bounds, counts, total)


def test_counters_are_added_by_label_values():
    merged = merge(
        [
            reading(0, sample("bfe_a_total", [(("x",), 1), (("y",), 2)])),
            reading(1, sample("bfe_a_total", [(("y",), 3), (("z",), 4)])),
        ]
    )

    assert merged.samples == [sample("bfe_a_total", [(("x",), 1), (("y",), 5), (("z",), 4)])]


def test_merging_leaves_the_readings_as_they_were():
    first = reading(0, sample("bfe_a_total", [(("x",), 1)]))

    merge([first, first])

    assert first.reading.samples[0].values == [(("x",), 1)]


def test_a_worker_that_ended_keeps_its_counters_and_loses_its_gauges():
    merged = merge(
        [
            reading(0, sample("bfe_a_total", [((), 1)], labels=()), is_alive=False),
            reading(0, sample("bfe_b", [((), 1)], kind="gauge", labels=()), is_alive=False),
            reading(0, sample("bfe_a_total", [((), 2)], labels=())),
        ]
    )

    assert [(each.name, each.values) for each in merged.samples] == [("bfe_a_total", [((), 3)])]


def test_times_are_not_added():
    name = "bfe_x_timestamp_seconds"
    merged = merge(
        [
            reading(worker, sample(name, [((), at)], kind="gauge", labels=()))
            for worker, at in enumerate([5.0, 9.0, 7.0])
        ]
    )

    assert merged.samples[0].values == [((), 9.0)]


def test_samples_with_other_labels_are_left_out():
    merged = merge(
        [
            reading(0, sample("bfe_a_total", [(("x",), 1)])),
            reading(1, sample("bfe_a_total", [(("x", "y"), 1)], labels=("tenant", "kind"))),
        ]
    )

    assert merged.samples == [sample("bfe_a_total", [(("x",), 1)])]


def test_histograms_are_added_by_bucket():
    merged = merge(
        [
            reading(0, histograms=[histogram([1, 2, 3], 1.5)]),
            reading(1, histograms=[histogram([1, 1, 1], 0.5)]),
            reading(2, histograms=[histogram([9, 9], 9.0, bounds=(0.1,))]),
        ]
    )

    assert merged.histograms == [histogram([2, 3, 4], 2.0)]


def test_two_numbers_may_have_one_name_of_bfe():
    counted = count(
        [
            reading(
                0,
                sample("bfe_a_total", [(("x",), 1)], bfe="p.N"),
                sample("bfe_b_total", [(("x",), 2)], bfe="p.N"),
                sample("bfe_c_total", [(("x",), 4)]),
            )
        ]
    )

    assert {name: total.value for name, total in counted.totals.items()} == {"p.N": 3}


def test_a_histogram_whose_bounds_changed_starts_again():
    now = Counted({}, {"h": histogram([5, 5], 1.0, bounds=(1.0,))})
    before = Counted({}, {"h": histogram([1, 1, 1], 1.0)})

    assert difference(now, before).histograms["h"].counts == [5, 5]
    assert difference(now, now).histograms["h"].counts == [0, 0]


def test_bucket_counts_keep_the_number_of_values():
    assert bucket_counts(histogram([1, 2, 3], 0.0), (0.1, 1.0)) == [1, 2, 3]
    assert bucket_counts(histogram([1, 2, 3], 0.0), (0.05, 0.1, 0.5)) == [0, 1, 0, 5]


def test_a_clock_that_was_set_back_begins_a_slot():
    slots = Slots(20, "nothing")
    seen = []
    for now, counted in [(100.0, "a"), (119.0, "b"), (120.0, "c"), (100.0, "d")]:
        slots.note(now, counted)
        seen.append((slots.before, slots.edge))

    assert seen == [("a", "a"), ("a", "a"), ("a", "c"), ("c", "d")]
    assert slots.start(119.0) == 100.0
    assert slots.next_start(120.0) == 140.0

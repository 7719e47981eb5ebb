import msgspec
import pytest

from bfe_py.observe import Counters, Family, Reading, Registry, counter, gauge
from bfe_py.observe.metrics import Histogram, HistogramSample, Sample


class Doors(Counters, prefix="house"):
    opened: int = counter("Times a door was opened.", bfe="house_state.OPENED")
    ajar: int = gauge("Doors that stand open.")


class Rooms(Counters, prefix="rooms", labels=("floor", "side")):
    entered: int = counter("Times somebody came in.")


def values(reading: Reading) -> dict[str, dict[tuple[str, ...], float]]:
    return {sample.name: dict(sample.values) for sample in reading.samples}


# --- declarations


def test_numbers_are_plain_attributes_that_begin_at_nothing():
    doors, others = Doors(), Doors()
    doors.opened += 2
    assert (doors.opened, doors.ajar) == (2, 0)
    assert others.opened == 0
    assert list(Doors.declared) == ["opened", "ajar"]


def test_a_declaration_says_what_a_number_is():
    opened, ajar = Doors.declared["opened"], Doors.declared["ajar"]
    assert (opened.kind, opened.help, opened.bfe) == (
        "counter",
        "Times a door was opened.",
        "house_state.OPENED",
    )
    assert (ajar.kind, ajar.bfe) == ("gauge", "")
    assert (Doors.labels, Rooms.labels) == ((), ("floor", "side"))


class Gate(Counters, prefix="gate"):
    """Numbers of which some are the sums of others."""

    by_day: int = counter("Times it was opened by day.")
    by_night: int = counter("Times it was opened by night.")
    opened: int = counter("Times it was opened.", sum_of=("by_day", "by_night"))
    waiting: int = gauge("Who waits before it.", sum_of=("queue.length",))

    class Nobody:
        length = 0

    queue: object = Nobody()


def test_a_number_may_be_the_sum_of_others():
    gate = Gate()
    assert (gate.opened, gate.waiting) == (0, 0)
    gate.by_day += 2
    gate.by_night += 3
    assert gate.opened == 5
    assert Gate().opened == 0
    with pytest.raises(AttributeError):
        gate.opened += 1


def test_a_sum_may_be_of_numbers_that_others_count():
    class Queue:
        length = 7

    gate = Gate()
    gate.queue = Queue()
    assert gate.waiting == 7
    gate.queue.length = 8
    assert gate.waiting == 8
    assert Gate().waiting == 0


def test_sums_are_read_like_all_numbers():
    registry = Registry()
    registry.counters(Gate).by_day = 4
    assert list(Gate.declared) == ["by_day", "by_night", "opened", "waiting"]
    assert values(registry.read()) == {
        "gate_by_day_total": {(): 4},
        "gate_by_night_total": {(): 0},
        "gate_opened_total": {(): 4},
        "gate_waiting": {(): 0},
    }


@pytest.mark.parametrize("prefix", ["House", "my-house", "house.", "häuser"])
def test_a_prefix_is_snake_case(prefix: str):
    with pytest.raises(TypeError, match="snake case"):

        class Odd(Counters, prefix=prefix):
            pass


# --- families


def test_counters_of_a_family_are_made_when_they_are_first_asked_for():
    rooms = Family(Rooms)
    rooms["1", "left"].entered += 1
    rooms["1", "left"].entered += 1
    rooms["2", "-"].entered += 5
    assert {labels: one.entered for labels, one in rooms.items()} == {
        ("1", "left"): 2,
        ("2", "-"): 5,
    }


def test_beyond_its_limit_a_family_has_one_counter_for_all_others():
    rooms = Family(Rooms, limit=2)
    for floor in range(10):
        rooms[str(floor), "left"].entered += 1
    assert {labels: one.entered for labels, one in rooms.items()} == {
        ("0", "left"): 1,
        ("1", "left"): 1,
        ("_other", "_other"): 8,
    }
    rooms["1", "left"].entered += 1
    assert rooms["1", "left"].entered == 2


def test_who_asks_often_finds_the_same_counters():
    rooms = Family(Rooms, limit=2)
    find = rooms.find
    assert find(("1", "left")) is rooms["1", "left"]
    assert find(("2", "left")) is find(("2", "left"))
    assert find(("3", "left")) is rooms["4", "left"]
    rooms.retain(frozenset({"2"}))
    find(("1", "left")).entered += 1
    assert rooms["1", "left"].entered == 1


def test_labels_that_are_gone_can_be_forgotten():
    rooms = Family(Rooms)
    for labels in (("1", "left"), ("1", "right"), ("2", "left")):
        rooms[labels].entered = 1
    rooms.retain(frozenset({"left"}), position=1)
    assert [labels for labels, _ in rooms.items()] == [("1", "left"), ("2", "left")]
    rooms.retain(frozenset({"2"}))
    assert [labels for labels, _ in rooms.items()] == [("2", "left")]


def test_a_family_may_grow_while_it_is_read():
    rooms = Family(Rooms)
    rooms["1", "left"].entered = 1
    for labels, _ in rooms.items():
        rooms[labels[0] + "x", "left"].entered = 1
    assert len(dict(rooms.items())) == 2


@pytest.mark.parametrize("labels", [(), ("1",), ("1", "2", "3")])
def test_every_label_has_its_value(labels: tuple[str, ...]):
    with pytest.raises(AssertionError):
        Family(Rooms)[labels].entered += 1


# --- histograms


@pytest.mark.parametrize(
    ("value", "bucket"), [(0.0, 0), (1.0, 0), (1.5, 1), (2.0, 1), (2.5, 2), (1e9, 2)]
)
def test_a_value_goes_into_the_first_bucket_that_holds_it(value: float, bucket: int):
    histogram = Histogram("seconds", "How long.", (1.0, 2.0))
    histogram.observe(value)
    assert histogram.counts == [int(index == bucket) for index in range(3)]
    assert histogram.total == value


# --- the registry


def test_whoever_asks_gets_the_same_numbers():
    registry = Registry()
    assert registry.counters(Doors) is registry.counters(Doors)
    assert registry.family(Rooms) is registry.family(Rooms)
    one = registry.histogram("seconds", "How long.", (1.0,))
    assert registry.histogram("seconds", "", ()) is one
    assert registry.histogram("others", "", ()) is not one

    class MoreDoors(Counters, prefix="more"):
        opened: int = counter("Others.")

    class MoreRooms(Counters, prefix="more_rooms", labels=("floor",)):
        entered: int = counter("Others.")

    assert type(registry.counters(MoreDoors)) is MoreDoors
    assert registry.family(MoreRooms) is not registry.family(Rooms)


def test_with_labels_there_is_a_family_and_without_there_is_none():
    with pytest.raises(AssertionError):
        Registry().counters(Rooms)
    with pytest.raises(AssertionError):
        Registry().family(Doors)


def test_everything_is_read_as_it_stands():
    registry = Registry()
    doors, rooms = registry.counters(Doors), registry.family(Rooms)
    seconds = registry.histogram("seconds", "How long.", (1.0,))
    doors.opened, doors.ajar = 3, 1
    rooms["1", "left"].entered = 2
    seconds.observe(0.5)
    reading = registry.read()
    assert values(reading) == {
        "house_opened_total": {(): 3},
        "house_ajar": {(): 1},
        "rooms_entered_total": {("1", "left"): 2},
    }
    opened = reading.samples[0]
    assert (opened.help, opened.kind, opened.bfe, opened.labels) == (
        "Times a door was opened.",
        "counter",
        "house_state.OPENED",
        (),
    )
    assert reading.histograms == [HistogramSample("seconds", "How long.", (1.0,), [1, 0], 0.5)]


def test_what_was_read_does_not_change_any_more():
    registry = Registry()
    seconds = registry.histogram("seconds", "", (1.0,))
    doors = registry.counters(Doors)
    before = registry.read()
    seconds.observe(0.5)
    doors.opened += 1
    assert before.histograms[0].counts == [0, 0]
    assert values(before)["house_opened_total"] == {(): 0}


def test_a_reading_arrives_in_another_process_as_it_was_sent():
    reading = Reading(
        [Sample("a_total", "A.", "counter", "x.A", ("tenant",), [(("shop",), 1.5)])],
        [HistogramSample("seconds", "", (0.5, 1.0), [1, 2, 3], 4.5)],
    )
    packed = msgspec.msgpack.encode(reading)
    assert msgspec.msgpack.decode(packed, type=Reading) == reading


def test_in_pieces_everything_is_there_once_and_what_has_one_name_is_whole():
    registry = Registry()
    registry.counters(Doors)
    rooms = registry.family(Rooms)
    for number in range(10):
        rooms[(str(number), "left")]
    registry.histogram("seconds", "", (1.0,))
    pieces = [piece for piece, _ in registry.pieces(1)]
    assert len(pieces) > 2
    names = [sample.name for piece in pieces for sample in piece.samples]
    assert names == [sample.name for sample in registry.read().samples]
    assert len(set(names)) == len(names)
    assert [len(piece.histograms) for piece in pieces] == [0] * (len(pieces) - 1) + [1]


def test_nothing_is_one_piece():
    assert list(Registry().pieces()) == [(Reading([], []), True)]

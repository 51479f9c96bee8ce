"""The reliability diagrams."""

from xml.etree import ElementTree

from benchmarks.reliability import SIDE, drawing
from benchmarks.results import Result

BANDS = ((0.2, 0.3, 400, 0.25, 0.25), (0.9, 0.95, 900, 0.93, 0.5), (0.99, 1.0, 30, 0.995, 0.2))


def test_a_band_is_a_circle_by_what_was_believed_and_observed() -> None:
    """On the diagonal where they agree; red where a band with pairs enough is off, hollow with too few."""
    tree = ElementTree.fromstring(drawing([Result("s", 10, "t", bands=BANDS), Result("none", 10, "t")]))
    circles = list(tree.iter("{http://www.w3.org/2000/svg}circle"))
    held, off, few = ({name: c.get(name) for name in ("cx", "cy", "fill", "stroke")} for c in circles)
    assert (float(held["cx"] or 0), float(held["cy"] or 0)) == (0.25 * SIDE, 0.75 * SIDE)
    assert off["stroke"] != held["stroke"]
    assert (few["fill"], few["stroke"]) == ("none", held["stroke"])

"""Components and constrained average linkage, on random graphs."""

from itertools import combinations

import networkx as nx
import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from matching.clustering import CLIP_HIGH, MAX_COMPONENT, Lines, Weighted, cluster, components, inner_pairs
from matching.decisions import Constraints, resolve

LINE, EVEN = 2_000, 0
NO_MUST = np.empty((2, 0), np.int64)
EDGES = st.dictionaries(
    st.tuples(st.integers(0, 11), st.integers(0, 11)).filter(lambda e: e[0] < e[1]),
    st.integers(-9_000, 15_000),
)
VERDICTS = st.dictionaries(
    st.tuples(st.integers(0, 11), st.integers(0, 11)).filter(lambda e: e[0] < e[1]),
    st.sampled_from(["same", "same", "different", "unsure"]),
    max_size=16,
)
PAIRS = st.sets(st.tuples(st.integers(0, 11), st.integers(0, 11)).filter(lambda e: e[0] < e[1]), max_size=6)


def weighted(edges: dict[tuple[int, int], int]) -> Weighted:
    """Edges as weighted pairs of equal say."""
    keys = sorted(edges)
    left, right = (np.array([key[i] for key in keys], np.int64) for i in (0, 1))
    return Weighted(left, right, np.array([edges[k] for k in keys], np.int64), np.ones(len(keys), np.int64))


def clustered(
    edges: dict[tuple[int, int], int], constraints: Constraints, *, records: int = 12
) -> np.ndarray:
    """Clusters of a dozen records; pairs that have no edge weigh -1 bit."""
    must = np.array(constraints.must, np.int64).reshape(-1, 2).T
    label = components(records, weighted(edges), line=0, must=must)
    left, right = inner_pairs(label)
    bits = [edges.get((int(a), int(b)), -1_000) for a, b in zip(left, right, strict=True)]
    inner = Weighted(left, right, np.array(bits, np.int64), np.ones(len(left), np.int64))
    return cluster(label, inner, weighted({}), lines=Lines(LINE, EVEN), constraints=constraints)


@given(EDGES)
def test_components_equal_those_of_networkx(edges: dict[tuple[int, int], int]) -> None:
    """Components at a line are the connected components of the edges at or above it, named by the least."""
    graph = nx.Graph([edge for edge, bits in edges.items() if bits >= 0])
    graph.add_nodes_from(range(12))
    expected = {node: min(part) for part in nx.connected_components(graph) for node in part}
    found = components(12, weighted(edges), line=0, must=NO_MUST)
    assert found.tolist() == [expected[node] for node in range(12)]


@given(EDGES, PAIRS)
def test_records_said_to_be_different_are_never_together(
    edges: dict[tuple[int, int], int], apart: set[tuple[int, int]]
) -> None:
    """Whatever the weights, a forbidden pair stands in two clusters."""
    found = clustered(edges, Constraints(cannot=tuple(sorted(apart))))
    assert all(found[a] != found[b] for a, b in apart)


@given(EDGES, PAIRS)
def test_records_said_to_be_the_same_are_always_together(
    edges: dict[tuple[int, int], int], must: set[tuple[int, int]]
) -> None:
    """Whatever the weights, a demanded pair stands in one cluster."""
    found = clustered(edges, Constraints(must=tuple(sorted(must))))
    assert all(found[a] == found[b] for a, b in must)


@given(EDGES, VERDICTS)
def test_any_verdicts_hold_on_any_graph(
    edges: dict[tuple[int, int], int], verdicts: dict[tuple[int, int], str]
) -> None:
    """SAME joins, DIFFERENT and UNSURE part, whatever the weights; what cannot hold is a conflict.

    A SAME that does not hold is listed, with the chain of SAME that leads from one side of a DIFFERENT to the
    other; an UNSURE that does not hold was answered by a chain of SAME.
    """
    said = [{"left": f"r{a:02}", "right": f"r{b:02}", "verdict": v} for (a, b), v in verdicts.items()]
    table = pa.table({name: [row[name] for row in said] for name in ("left", "right", "verdict")})
    dated = table.append_column("decided_at", pa.array([f"2026-01-{i + 1:02}" for i in range(len(said))]))
    constraints, conflicts = resolve(dated, pa.array([f"r{i:02}" for i in range(12)]))
    found = clustered(edges, constraints)
    parted = [pair for pair, v in verdicts.items() if v != "same" and found[pair[0]] == found[pair[1]]]
    broken = {pair for pair, v in verdicts.items() if v == "same" and found[pair[0]] != found[pair[1]]}
    same = nx.Graph([pair for pair, v in verdicts.items() if v == "same"])
    listed, told = set(), conflicts.to_pylist()
    for one in told:
        chain = [int(record[1:]) for record in one["chain"]]
        listed.add((int(one["suspended_left"][1:]), int(one["suspended_right"][1:])))
        assert nx.is_path(same, chain)
        assert verdicts[min(chain[0], chain[-1]), max(chain[0], chain[-1])] == "different"
    assert broken <= listed
    assert all(verdicts[pair] == "unsure" and nx.has_path(same, *pair) for pair in parted)


@given(st.lists(EDGES, min_size=2, max_size=4), st.data())
def test_clustering_the_touched_components_again_is_clustering_everything(
    parts: list[dict[tuple[int, int], int]], data: st.DataObject
) -> None:
    """Several graphs side by side, some of them clustered by themselves: their clusters are the same."""
    together = {(a + 12 * n, b + 12 * n): w for n, edges in enumerate(parts) for (a, b), w in edges.items()}
    cannot = data.draw(st.sampled_from([(), ((0, 1), (13, 15))]))
    whole = clustered(together, Constraints(cannot=cannot), records=12 * len(parts))
    touched = data.draw(st.sets(st.integers(0, len(parts) - 1), min_size=1))
    for n in touched:
        mine = tuple((a - 12 * n, b - 12 * n) for a, b in cannot if a // 12 == n)
        alone = clustered(parts[n], Constraints(cannot=mine))
        assert (alone + 12 * n).tolist() == whole[12 * n : 12 * (n + 1)].tolist()


@given(EDGES)
def test_clusters_are_named_by_their_least_member(edges: dict[tuple[int, int], int]) -> None:
    """The name of a cluster is a member of it, and no member is less."""
    found = clustered(edges, Constraints())
    assert all(found[name] == name and name <= member for member, name in enumerate(found))


@given(EDGES)
def test_clusters_equal_plain_average_linkage(edges: dict[tuple[int, int], int]) -> None:
    """The shortcuts for clear components give what merging the closest groups, step by step, gives.

    Groups may merge that have a pair at the line and do not speak against it on average.
    """
    weights = {e: max(-6_000, min(CLIP_HIGH, b)) for e, b in edges.items()}
    groups = [[node] for node in range(12)]

    def average(one: list[int], two: list[int]) -> float:
        found = [weights.get((min(a, b), max(a, b)), -1_000) for a in one for b in two]
        return sum(found) / len(found) if max(found) >= LINE else -np.inf

    while len(groups) > 1:
        best = min(
            combinations(range(len(groups)), 2), key=lambda ij: (-average(groups[ij[0]], groups[ij[1]]), ij)
        )
        if average(groups[best[0]], groups[best[1]]) < EVEN:
            break
        groups[best[0]] = sorted(groups[best[0]] + groups.pop(best[1]))
    expected = {node: min(group) for group in groups for node in group}
    assert clustered(edges, Constraints()).tolist() == [expected[node] for node in range(12)]


def test_a_component_too_large_is_cut_at_its_weak_links() -> None:
    """Two large groups joined by one weak pair come apart; nobody is dropped."""
    size = MAX_COMPONENT - 20
    chains = [(i, i + 1) for i in range(2 * size - 1)]
    edges = {edge: 9_000 if edge != (size - 1, size) else 500 for edge in chains}
    found = components(2 * size, weighted(edges), line=0, must=NO_MUST)
    assert np.unique(found).tolist() == [0, size]


def test_a_component_that_cannot_be_cut_is_joined_strongest_first() -> None:
    """Beyond all-pairs comparison strong pairs still join, and forbidden pairs still do not."""
    size = MAX_COMPONENT + 50
    edges = {(i, i + 1): 20_000 for i in range(size - 1)}
    label = components(size, weighted(edges), line=0, must=NO_MUST)
    constraints = Constraints(cannot=((0, size - 1),))
    found = cluster(label, weighted({}), weighted(edges), lines=Lines(LINE, EVEN), constraints=constraints)
    assert len(np.unique(found)) == 2
    assert found[0] != found[size - 1]

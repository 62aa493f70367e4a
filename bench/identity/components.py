"""Clusters of what pairs join. Asks for no library: the peers import it in environments of their own."""

from collections.abc import Iterable


def components(records: Iterable[str], pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Cluster by record id: records that pairs join, over whatever way, are one cluster, named by one of them."""
    parent = {record: record for record in records}

    def root(record: str) -> str:
        while parent[record] != record:
            parent[record] = parent[parent[record]]
            record = parent[record]
        return record

    for one, other in pairs:
        parent[root(one)] = root(other)
    return {record: root(record) for record in parent}

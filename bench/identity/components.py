"""Clusters of what pairs join. Asks for no library: the peers import it in environments of their own."""

from collections.abc import Iterable

from processors.resolve.matching import clusters


def components(records: Iterable[str], pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Cluster by record id: records that pairs join, over whatever way, are one cluster, named by its first."""
    return {record: members[0] for members in clusters.components(records, pairs) for record in members}

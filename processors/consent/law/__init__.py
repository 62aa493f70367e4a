"""What the law says of a release, as rules that name their section and quote it."""

"""A package, so that no other project's tests stand in front of these: some wheels bring a folder of that name."""

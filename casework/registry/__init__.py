"""One library of persons, houses, legal entities, components and addresses, collected once and compiled from statements."""

"""A company to try the product with: Lantern & Leaf, a tea shop with agents and customers."""

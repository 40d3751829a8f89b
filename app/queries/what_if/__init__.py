"""What supervisors ask ("what if"), and the answers, computed from a connection or from values."""

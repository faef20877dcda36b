"""Photo in, probability of subject out: which models there are, where they are, who runs them."""

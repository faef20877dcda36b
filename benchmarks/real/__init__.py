"""Networks as published, through cutoutd and through what else people run on a CPU."""

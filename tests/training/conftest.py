"""Most of these need PyTorch: `make train-smoke` runs them where it is installed."""

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("torch") else ["test_[!dp]*.py"]

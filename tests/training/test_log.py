from training.log import rows

LINES = [
    {"step": 25, "side": 256, "loss": 2.0, "seconds": 1800.0},
    {"step": 50, "side": 288, "loss": 1.0, "seconds": 3600.0},
    {"step": 75, "side": 320, "loss": 0.8, "seconds": 900.0},
    {"step": 100, "side": 320, "loss": 0.6, "seconds": 1800.0},
]


def test_hours_add_up_over_calls_and_losses_are_averaged_between_lines() -> None:
    assert list(rows(LINES, pictures=16, every=50)) == [
        ["50", "800", "1.00", "288", "1.5000"],
        ["100", "1600", "1.50", "320", "0.7000"],
    ]

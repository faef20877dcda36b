"""Multipart forms as they come over the wire; the boundary is `X`."""


def form(*parts: tuple[str, bytes]) -> bytes:
    return b"".join(b"--X\r\n%s\r\n\r\n%s\r\n" % (head.encode(), data) for head, data in parts) + (
        b"--X--\r\n"
    )


def part(*, kind: str = "", **named: str) -> str:
    words = "".join(f'; {name}="{value}"' for name, value in named.items())
    return f"Content-Disposition: form-data{words}" + (f"\r\nContent-Type: {kind}" if kind else "")

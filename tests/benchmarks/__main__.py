"""Print every figure with its ratio to the bare server."""

from tests.benchmarks import call_overhead, cold_start


def main() -> None:
    print(f"{'':66}{'median':>10}{'ratio':>8}")
    for title, rows in (
        ("Cold start: spawn to initialize answer, stdio", cold_start.measure()),
        ("One tool call that does nothing", call_overhead.measure()),
    ):
        print(title)
        for what, seconds, ratio in rows:
            print(f"  {what:64}{seconds * 1000:8.1f}ms{ratio:8.2f}")


if __name__ == "__main__":
    main()

"""Print every figure with its ratio to the bare server, or to the bare reference it names."""

from tests.benchmarks import call_overhead, cold_start, flight_answer, same_question, toptw


def main() -> None:
    print(f"{'':66}{'median':>10}{'ratio':>8}")
    for title, rows in (
        ("Cold start: spawn to initialize answer, stdio", cold_start.measure()),
        ("One tool call that does nothing", call_overhead.measure()),
        ("A flight search of 220 recorded offers, processor time", flight_answer.measure()),
    ):
        print(title)
        for what, seconds, ratio in rows:
            print(f"  {what:64}{seconds * 1000:8.1f}ms{ratio:8.2f}")
        if not rows:
            print("  skipped: the recorded Duffel answers are not beside this checkout")
    peak = flight_answer.peak_megabytes()
    if peak is not None:
        print(f"  {'memory at the peak, more than before':64}{peak:8.1f}MB")
    print(f"{'The same question over and over, in demo mode':66}{'took':>10}{'sent':>8}")
    for what, seconds, sent in same_question.measure():
        print(f"  {what:64}{seconds * 1000:8.2f}ms{sent:8d}")
    print(
        f"{'Team orienteering, compared with the best known scores':66}{'mean gap':>10}{'hit':>8}"
    )
    for what, gap, reached in toptw.measure():
        print(f"  {what:64}{gap:8.2f} %{reached:8.0%}")


if __name__ == "__main__":
    main()

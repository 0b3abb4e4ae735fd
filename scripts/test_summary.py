"""Prints each test target of a `bazel test` and the number of test cases that passed and failed.

Reads the file that bazel writes for --build_event_json_file.
"""

import json
import sys
import urllib.parse
import xml.etree.ElementTree as ElementTree


def count_cases(xml_path):
    """Returns (passed, failed, skipped) of a test.xml, as GoogleTest and Bazel write it."""
    passed = failed = skipped = 0
    for case in ElementTree.parse(xml_path).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is not None or case.get("status") == "notrun":
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped


def local_path(uri):
    return urllib.parse.unquote(urllib.parse.urlparse(uri).path)


def result_counts(result):
    """Returns (passed, failed, skipped) of one testResult event."""
    succeeded = result.get("status") in ("PASSED", "FLAKY")
    passed = failed = skipped = 0
    for output in result.get("testActionOutput", []):
        if output["name"] == "test.xml":
            try:
                passed, failed, skipped = count_cases(local_path(output["uri"]))
            except (OSError, ElementTree.ParseError):
                pass
    if not succeeded and not failed:
        failed = 1  # it crashed or ran out of time between two cases
    if succeeded and not passed + skipped:
        passed = 1
    return passed, failed, skipped


def main(events_path):
    counts = {}
    attempts = {}
    tests = set()
    broken = set()
    with open(events_path, encoding="utf-8") as events:
        for line in events:
            event = json.loads(line)
            name = event.get("id", {})
            if "testResult" in name:
                run = name["testResult"]
                key = (run["label"], run.get("run", 1), run.get("shard", 1))
                attempt = run.get("attempt", 1)
                if attempt >= attempts.get(key, 0):  # a repeated test counts once, as it ended
                    attempts[key] = attempt
                    counts[key] = result_counts(event.get("testResult", {}))
            elif "testSize" in event.get("configured", {}):
                tests.add(name["targetConfigured"]["label"])
            elif "targetCompleted" in name and not event.get("completed", {}).get("success"):
                broken.add(name["targetCompleted"]["label"])
    for label in sorted({key[0] for key in counts}):
        cases = [value for key, value in counts.items() if key[0] == label]
        failed = sum(value[1] for value in cases)
        total = sum(sum(value) for value in cases)
        print("%-6s %s (%d)" % ("FAILED" if failed else "ok", label, total))
    passed, failed, skipped = (sum(value[i] for value in counts.values()) for i in range(3))
    not_run = (tests & broken) - {key[0] for key in counts}
    for label in sorted(not_run):
        print("FAILED %s (did not build)" % label)
    failed += len(not_run)
    print("%d passed, %d failed%s" % (passed, failed, ", %d skipped" % skipped if skipped else ""))
    return 1 if failed or not counts else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

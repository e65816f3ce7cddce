"""Every thing in config/things is proven by `yjsctl thing verify`; prints what each took."""
import glob
import json
import subprocess
import sys


def main():
    yjsctl, failed = sys.argv[1], []
    files = sorted(glob.glob("config/things/*.yaml"))
    assert files, "no things were found: nothing has been checked"
    for file in files:
        run = subprocess.run([yjsctl, "thing", "verify", file, "--json", "--seconds", "600"], capture_output=True, text=True)
        report = json.loads(run.stdout) if run.stdout else {}
        print(f"{file}: {report.get('verdict', 'none')}, {report.get('states')} states, {report.get('transitions')} transitions, "
              f"{report.get('forms')} forms, {report.get('took_ms', 0) / 1000:.2f} s", flush=True)
        if run.returncode != 0 or report.get("verdict") != "holds":
            failed.append(file)
            print(run.stderr, report.get("not_exhausted"), json.dumps(report.get("faults"), ensure_ascii=False, indent=1))
    return f"not proven: {', '.join(failed)}" if failed else 0


if __name__ == "__main__":
    sys.exit(main())

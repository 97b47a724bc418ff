# Makes what the frameworks compute: one file NAME.json.gz for each run.
#
#   python test/golden/frameworks/run.py MODULE...           e.g. from_optax: writes the runs of that module
#   python test/golden/frameworks/run.py MODULE... --check   compares with the committed files instead
#   python test/golden/frameworks/run.py data                writes data.json.gz (needs torch==2.13.0 for ../make.py)
#
# Each module says what to install. Frameworks choose their instructions by the CPU and so round differently on different
# ones: --check allows a difference of 64 ulps.

import importlib
import sys

import data

ALLOWED = 64


def main():
    check = "--check" in sys.argv
    for module in [word for word in sys.argv[1:] if word != "--check"]:
        if module == "data":
            data.write(data.DATA, data.make())
            continue
        for name, run in importlib.import_module(module).RUNS.items():
            # The learning rate that the framework starts from by itself, or one for those that have none.
            default = run.get("rate")
            cases = []
            for options in run["cases"]:
                given = options if default is not None else {"learningRate": 0.01, **options}
                base = given.get("learningRate", default)
                cases.append({"options": given, "params": data.record(run["train"], options, base)})
            head = {key: run[key] for key in ("preset", "framework", "source") if key in run}
            path = data.HERE / f"{name}.json.gz"
            if not check:
                data.write(path, {**head, "cases": cases})
                print(f"{path.name}: {path.stat().st_size} bytes")
                continue
            committed = data.read(path)
            for old, new in zip(committed["cases"], cases, strict=True):
                assert old["options"] == new["options"], (old["options"], new["options"])
                ulps = data.distance(old["params"], new["params"])
                print(f"{name} {new['options']}: {ulps:.2g} ulps")
                assert ulps <= ALLOWED


main()

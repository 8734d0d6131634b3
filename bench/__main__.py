"""`python -m bench [name …]`: prints ratios, each beside the limit it was measured against in the same run."""

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")

from bench import admin_pages, flips, gateway, lists, million, one_process, read_one, restless

BENCHES = {
    "read_one": read_one.run,
    "lists": lists.run,
    "gateway": gateway.run,
    "flips": flips.run,
    "one_process": one_process.run,
    "restless": restless.run,
    "million": million.run,
    "admin_pages": admin_pages.run,
}


def main() -> int:
    if not os.environ.get("DATABASE_URL"):
        print("Set DATABASE_URL to a PostgreSQL server where a scratch database bench_backoffice may be made.")
        return 2
    names = sys.argv[1:] or list(BENCHES)
    for name in names:
        BENCHES[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""A folder of `cover` instances (qualities of 1, a count) by spopt's MCLP with HiGHS, as its users do it, timed from the files to the plan.

    python3 benches/plan_spopt.py DIR

Wants `spopt`, `pulp` and `highspy` from PyPI.
"""

import csv
import sys
import time
import tomllib

import numpy as np
import pulp
from spopt.locate import MCLP

folder = sys.argv[1]
start = time.time()
rows = lambda name: list(csv.DictReader(open(f"{folder}/{name}", encoding="utf-8")))
demand, options = rows("demand.csv"), rows("options.csv")
d_at = {r["demand"]: n for n, r in enumerate(demand)}
o_at = {r["option"]: n for n, r in enumerate(options)}
far = np.ones((len(demand), len(options)))
for r in rows("covers.csv"):
    far[d_at[r["demand"]], o_at[r["option"]]] = 0.0
count = tomllib.load(open(f"{folder}/instance.toml", "rb"))["count"]
count = count[0] if isinstance(count, list) else count
weights = np.array([float(r["weight"]) for r in demand])
read = time.time()
model = MCLP.from_cost_matrix(far, weights, service_radius=0.5, p_facilities=count)
built = time.time()
model = model.solve(pulp.HiGHS(msg=False, gapRel=0.0))
print(
    f"spopt: {pulp.LpStatus[model.problem.status]}, objective {pulp.value(model.problem.objective):.3f}; read in {read - start:.2f} s, built in "
    f"{built - read:.2f} s, solved in {time.time() - built:.2f} s; in all {time.time() - start:.2f} s, {time.process_time():.2f} s of processor"
)

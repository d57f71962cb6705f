"""The same folder by HiGHS: the whole model as a mixed-integer programme (or, with `lp`, its relaxation).

    python3 benches/plan_peer.py DIR [SECONDS] [lp] [bought]

Wants `highspy` and `scipy` from PyPI. Prints the objective, the bound and the seconds, of building and of solving; with
`bought` also how much of each strategy is bought in each year.
"""

import csv
import sys
import time
import tomllib

import highspy
import numpy as np
import scipy.sparse as sp

folder, limit, relax = sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 60.0, "lp" in sys.argv
start = time.time()
rows = lambda name: list(csv.DictReader(open(f"{folder}/{name}", encoding="utf-8")))
demand, options, covers = rows("demand.csv"), rows("options.csv"), rows("covers.csv")
settings = tomllib.load(open(f"{folder}/instance.toml", "rb"))
by_count = "count" in settings
limits = settings["count" if by_count else "budget"]
limits = limits if isinstance(limits, list) else [limits] * settings.get("years", 1)
years = len(limits)
d_at = {r["demand"]: n for n, r in enumerate(demand)}
o_at = {r["option"]: n for n, r in enumerate(options)}
weight = np.array([float(r["weight"]) for r in demand])
D, O, P = len(demand), len(options), len(covers)
number = lambda r, key: float(r.get(key) or 0)
cost = np.array([1.0 if by_count else float(r["cost"]) for r in options])
running = np.array([0.0 if by_count else number(r, "running") for r in options])
capacity = np.array([float(r["capacity"]) if r.get("capacity") else np.inf for r in options])
po = np.array([o_at[r["option"]] for r in covers])
pd = np.array([d_at[r["demand"]] for r in covers])
q = np.array([float(r["quality"]) for r in covers])
# Variables: y[o, s] opened in year s; x[p, t] share of the demand that cover p serves in year t.
Y, N = O * years, O * years + P * years
obj = np.concatenate([np.zeros(Y)] + [weight[pd] * q for _ in range(years)])
blocks, lower, upper = [], [], []


def add(r, c, v, count, low, high):
    blocks.append(sp.csr_matrix((v, (r, c)), shape=(count, N)))
    lower.append(np.broadcast_to(low, count))
    upper.append(np.broadcast_to(high, count))


p = np.arange(P)
for t in range(years):
    x = Y + t * P
    add(pd, x + p, np.ones(P), D, -np.inf, 1.0)
    r = np.concatenate([p] + [p] * (t + 1))
    c = np.concatenate([x + p] + [s * O + po for s in range(t + 1)])
    add(r, c, np.concatenate([np.ones(P)] + [-np.ones(P)] * (t + 1)), P, -np.inf, 0.0)
    some = np.isfinite(capacity)
    if some.any():
        at = np.cumsum(some) - 1
        m = some[po]
        r = np.concatenate([at[po[m]]] + [at[some]] * (t + 1))
        c = np.concatenate([x + p[m]] + [s * O + np.flatnonzero(some) for s in range(t + 1)])
        v = np.concatenate([weight[pd[m]]] + [-capacity[some]] * (t + 1))
        add(r, c, v, some.sum(), -np.inf, 0.0)
    c = np.concatenate([s * O + np.arange(O) for s in range(t + 1)])
    v = np.concatenate([running + (cost if s == t else 0.0) for s in range(t + 1)])
    add(np.zeros(len(c), int), c, v, 1, -np.inf, limits[t])
add(np.tile(np.arange(O), years), np.arange(Y), np.ones(Y), O, -np.inf, 1.0)
groups = {}
for n, r in enumerate(options):
    if r.get("exclusive_group"):
        groups.setdefault(r["exclusive_group"], []).append(n)
for members in groups.values():
    c = np.concatenate([s * O + np.array(members) for s in range(years)])
    add(np.zeros(len(c), int), c, np.ones(len(c)), 1, -np.inf, 1.0)
for group, share in settings.get("floors", {}).items():
    inside = np.array([r.get("group") == group for r in demand])
    m = inside[pd]
    add(np.zeros(m.sum(), int), Y + (years - 1) * P + p[m], (weight[pd] * q)[m], 1, share * weight[inside].sum(), np.inf)
low, high = np.zeros(N), np.ones(N)
for n, r in enumerate(options):
    if r.get("fixed") == "in":
        low[n] = 1.0
    if r.get("fixed") == "out":
        high[[s * O + n for s in range(years)]] = 0.0
A = sp.vstack(blocks).tocsr()
model = highspy.HighsLp()
model.num_col_, model.num_row_ = N, A.shape[0]
model.col_cost_, model.col_lower_, model.col_upper_ = obj, low, high
model.row_lower_, model.row_upper_ = np.concatenate(lower), np.concatenate(upper)
model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = A.indptr, A.indices, A.data
model.sense_ = highspy.ObjSense.kMaximize
if not relax:
    model.integrality_ = [highspy.HighsVarType.kInteger] * Y + [highspy.HighsVarType.kContinuous] * (N - Y)
h = highspy.Highs()
h.setOptionValue("output_flag", False)
h.setOptionValue("time_limit", limit)
h.setOptionValue("mip_rel_gap", 0.0)
h.passModel(model)
built = time.time()
h.run()
info = h.getInfo()
bound = info.objective_function_value if relax else info.mip_dual_bound
print(
    f"HiGHS: {h.modelStatusToString(h.getModelStatus())}, objective {info.objective_function_value:.6f}, bound {bound:.6f}; "
    f"built in {built - start:.2f} s, solved in {time.time() - built:.2f} s, {time.process_time():.2f} s of processor"
)
if "bought" in sys.argv:
    y = np.array(h.getSolution().col_value[:Y]).reshape(years, O)
    kinds = np.array([r["strategy"] for r in options])
    print({(k, t + 1): int((y[t][kinds == k] > 0.5).sum()) for k in sorted(set(kinds)) for t in range(years)})

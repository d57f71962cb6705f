"""Leaves each state out in turn, predicts its districts with `evenfield assess areas`, and scores.

python3 benches/area/accuracy.py EVENFIELD_PROGRAM   (data in EVENFIELD_SHARED/data, or ../shared/data)
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from covariates import build

shared = Path(os.environ.get("EVENFIELD_SHARED", "../shared")) / "data"
x, d = build(shared)
keep = d.pct_NCI.notna()
x, d = x[keep.to_numpy()], d[keep].reset_index(drop=True)
print(f"{len(d)} districts in {d.state.nunique()} states, {x.shape[1] - 1} covariates")
estimates = pd.DataFrame(
    {"area": d.leaid, "estimate": d.pct_NCI / 100, "moe90": d.nci_MOE / 100, "size": d.children}
)
parts = []
with tempfile.TemporaryDirectory() as folder:
    file = lambda name: os.path.join(folder, name)
    x.to_csv(file("X.csv"), index=False)
    for state in sorted(d.state.unique()):
        out = d.state == state
        estimates[~out].to_csv(file("E.csv"), index=False)
        command = [sys.argv[1], "assess", "areas", "--estimates", file("E.csv"), "--covariates", file("X.csv")]
        command += ["--out", file("OUT.csv"), "--transform", "arcsine", "--smooth", "--summary", file("S.json")]
        subprocess.run(command + sys.argv[2:], check=True)
        result = pd.read_csv(file("OUT.csv"), dtype={"area": str}).set_index("area")
        part = d[out].set_index("leaid").join(result[["estimate", "se", "low90", "high90", "method"]])
        assert (part.method == "synthetic").all()
        parts.append(part)
r = pd.concat(parts)
r.to_csv(os.environ.get("SCORES", "scores.csv"))
w, y, p = r.children, r.pct_NCI, 100 * r.estimate
error = y - p
r2 = lambda e, y, w: 1 - (w * e**2).sum() / (w * (y - np.average(y, weights=w)) ** 2).sum()
z = error / np.sqrt((100 * r.se) ** 2 + (r.nci_MOE / 1.645) ** 2)
inside = z.abs() <= 1.6448536
large = r.children >= 1000
print(f"weighted R2 {r2(error, y, w):.4f}, weighted MAE {np.average(error.abs(), weights=w):.3f} points")
print(f"coverage of 90% intervals with sampling error: all districts {inside.mean():.4f}, "
      f"weighted by children {np.average(inside, weights=w):.4f}, 1,000 children or more {inside[large].mean():.4f}")
print(f"1,000 children or more: MAE {error[large].abs().mean():.3f}; root mean square of z {np.sqrt((z**2).mean()):.3f}")
by_state = r.assign(e=error, i=inside).groupby("state")
states = pd.DataFrame({
    "districts": by_state.size(),
    "MAE": by_state.apply(lambda g: np.average(g.e.abs(), weights=g.children)),
    "bias": by_state.apply(lambda g: np.average(g.e, weights=g.children)),
    "coverage": by_state.i.mean(),
})
print(states.round(3).to_string())

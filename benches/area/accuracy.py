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
from scipy.spatial import cKDTree

from covariates import build

Z90 = 1.6448536


def sampling_variance(known, size, predicted):
    """The sampling variance of districts that nobody has seen, by the curve of those that were: the variance goes with
    p (1 - p) and a power of the size, and sums to what was published (docs/methods.md, areas).
    `known` has the published variance, the size and the share that was predicted."""
    spread = lambda share: share * (1 - share)
    used = known[known.variance > 0]
    slope, height = np.polyfit(np.log(used["size"]), np.log(used.variance / spread(used.fitted)), 1)
    curve = lambda share, size: np.exp(height + slope * np.log(size)) * spread(share)
    return curve(predicted, size) * used.variance.sum() / curve(used.fitted, used["size"]).sum()


def predict(program, options, x, d):
    """Every district's synthetic estimate, from the districts of the other states."""
    estimates = pd.DataFrame(
        {"area": d.leaid, "estimate": d.pct_NCI / 100, "moe90": d.nci_MOE / 100, "size": d.children}
    )
    parts = []
    with tempfile.TemporaryDirectory() as folder:
        file = lambda name: os.path.join(folder, name)
        x.to_csv(file("X.csv"), index=False)
        for state in sorted(d.state.unique()):
            out = d.state == state
            seen = estimates.copy()
            seen.loc[out, ["estimate", "moe90"]] = np.nan
            seen.to_csv(file("E.csv"), index=False)
            command = [program, "assess", "areas", "--estimates", file("E.csv"), "--covariates", file("X.csv")]
            command += ["--out", file("OUT.csv"), "--summary", file("S.json"), *options]
            subprocess.run(command, check=True)
            result = pd.read_csv(file("OUT.csv"), dtype={"area": str}).set_index("area")
            part = d[out].set_index("leaid").join(result[["estimate", "se", "low90", "high90", "method"]])
            assert (part.method == "synthetic").all()
            parts.append(part)
            print(state, Path(file("S.json")).read_text().split('"coefficients"')[0].replace("\n", ""), flush=True)
    return pd.concat(parts)


def coverage(r, variance):
    """Shares of districts whose published value lies within the interval and their sampling error."""
    inside = (r.y - r.estimate).abs() <= Z90 * np.sqrt(r.se**2 + variance)
    large = r.children >= 1000
    return {
        "by children": np.average(inside, weights=r.children),
        "1,000 children or more": inside[large].mean(),
        "all districts": inside.mean(),
    }, inside


def by_share(inside, y):
    edges = [-1, 0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1]
    means = inside.groupby(pd.cut(y, edges, labels=edges[1:]), observed=True).mean()
    return "  by published share up to: " + ", ".join(f"{edge} {mean:.3f}" for edge, mean in means.items())


def report(r):
    r["y"] = r.pct_NCI / 100
    error, w = r.y - r.estimate, r.children
    total = (w * (r.y - np.average(r.y, weights=w)) ** 2).sum()
    print(f"weighted R2 {1 - (w * error**2).sum() / total:.4f}, ", end="")
    print(f"weighted MAE {100 * np.average(error.abs(), weights=w):.3f} points")
    r["published"] = (r.nci_MOE / 100 / 1.645) ** 2
    r["expected"] = np.nan
    for state in r.state.unique():
        out = r.state == state
        known = pd.DataFrame({"variance": r.published, "size": w, "fitted": r.estimate})[~out]
        r.loc[out, "expected"] = sampling_variance(known, w[out], r.estimate[out])
    for name in ["expected", "published"]:
        shares, inside = coverage(r, r[name])
        print(f"coverage, sampling variance as {name}: " + ", ".join(f"{k} {v:.4f}" for k, v in shares.items()))
        print(by_share(inside, r.y))
    shares, inside = coverage(r, r.expected)
    sizes = pd.cut(w, [0, 100, 300, 1000, 3000, 10000, 30000, np.inf])
    mean = lambda v: v.groupby(sizes, observed=True).mean()
    print(pd.DataFrame({
        "districts": sizes.value_counts(sort=False), "coverage": mean(inside), "squared error": mean(error**2),
        "of the model": mean(r.se**2), "expected sampling": mean(r.expected), "published sampling": mean(r.published),
    }).round(5).to_string())
    simulate(r)
    by_state = r.assign(e=error, i=inside).groupby("state")
    print(pd.DataFrame({
        "districts": by_state.size(),
        "MAE": by_state.apply(lambda g: 100 * np.average(g.e.abs(), weights=g.children), include_groups=False),
        "bias": by_state.apply(lambda g: 100 * np.average(g.e, weights=g.children), include_groups=False),
        "coverage": by_state.i.mean(),
    }).round(3).to_string())


def simulate(r):
    """The same districts with a known truth: drawn from the intervals, then sampled with the expected variance. Each
    simulated figure is given the margin of the real district that comes nearest in size and in published share."""
    rng = np.random.default_rng(1)
    scale = lambda share: np.arcsin(np.sqrt(share))
    truth = np.sin(np.clip(rng.normal(scale(r.estimate), (scale(r.high90) - scale(r.low90)) / 2 / Z90), 0, np.pi / 2)) ** 2
    answers = np.maximum(1, np.round(r.estimate * (1 - r.estimate) / r.expected)).astype(int)
    made = r.assign(y=rng.binomial(answers, truth) / answers)
    place = lambda of: np.column_stack([np.log(of.children), 4 * scale(of.y)])
    nearest = cKDTree(place(r)).query(place(made))[1]
    for name, variance in [("expected", r.expected), ("published", r.published.to_numpy()[nearest])]:
        shares, inside = coverage(made, variance)
        print(f"simulated, sampling variance as {name}: " + ", ".join(f"{k} {v:.4f}" for k, v in shares.items()))
        print(by_share(inside, made.y))


if __name__ == "__main__":
    shared = Path(os.environ.get("EVENFIELD_SHARED", "../shared")) / "data"
    x, d = build(shared)
    keep = d.pct_NCI.notna()
    x, d = x[keep.to_numpy()], d[keep].reset_index(drop=True)
    print(f"{len(d)} districts in {d.state.nunique()} states, {x.shape[1] - 1} covariates")
    options = sys.argv[2:] or ["--transform", "arcsine", "--smooth", "--spread", "size"]
    result = predict(sys.argv[1], options, x, d)
    result.to_csv(os.environ.get("SCORES", "scores.csv"))
    report(result)

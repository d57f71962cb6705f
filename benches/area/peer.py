"""The same work in Python: pandas reads, numpy fits by REML with the formula of Prasad and Rao, pandas writes.

python3 benches/area/peer.py E.csv X.csv OUT.csv
"""

import sys

import numpy as np
import pandas as pd

estimates = pd.read_csv(sys.argv[1], dtype={"area": str})
covariates = pd.read_csv(sys.argv[2], dtype={"area": str})
table = covariates.merge(estimates, on="area", how="left")
names = [c for c in covariates.columns if c != "area"]
everything = np.column_stack([np.ones(len(table)), table[names].to_numpy()])
seen = table["estimate"].notna().to_numpy()
x, y = everything[seen], table["estimate"].to_numpy()[seen]
d = table["variance"].to_numpy()[seen]
a = np.median(d)
for step in range(200):
    w = 1 / (a + d)
    wx = x * w[:, None]
    q = np.linalg.inv(x.T @ wx)
    r = y - x @ (q @ (wx.T @ y))
    s2, s3 = wx.T @ wx, (wx * w[:, None]).T @ wx
    score = 0.5 * ((w * r) @ (w * r) - w.sum() + np.sum(q * s2))
    information = 0.5 * (w @ w - 2 * np.sum(q * s3) + np.sum((q @ s2) * (q @ s2).T))
    new = max(a + score / information, 0)
    if abs(new - a) <= 1e-12 * a:
        a = new
        break
    a = new
w = 1 / (a + d)
wx = x * w[:, None]
q = np.linalg.inv(x.T @ wx)
beta = q @ (wx.T @ y)
level = everything @ beta
g2 = np.einsum("ij,jk,ik->i", everything, q, everything)
estimate, mse, weight = level.copy(), a + g2, np.zeros(len(table))
b = d * w
weight[seen] = a * w
estimate[seen] += a * w * (y - level[seen])
mse[seen] = a * b + b * b * g2[seen] + 4 * b * b * w / (w @ w)
se = np.sqrt(mse)
pd.DataFrame(
    {
        "area": table["area"],
        "direct": table["estimate"],
        "estimate": estimate,
        "se": se,
        "low90": estimate - 1.6448536269514727 * se,
        "high90": estimate + 1.6448536269514727 * se,
        "shrinkage": weight,
        "method": np.where(seen, "area", "synthetic"),
    }
).to_csv(sys.argv[3], index=False)
print(f"model variance {a:.8f} after {step + 1} steps", file=sys.stderr)

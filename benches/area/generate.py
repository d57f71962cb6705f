"""Makes E.csv and X.csv for the speed measurement: areas with 8 covariates from a known model.

python3 benches/area/generate.py FOLDER [AREAS] [SEED]
"""

import random
import sys
from pathlib import Path

folder = Path(sys.argv[1])
areas = int(sys.argv[2]) if len(sys.argv) > 2 else 240_000
rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
folder.mkdir(parents=True, exist_ok=True)
beta = [0.4, -0.3, 0.2, 0.1, -0.1, 0.05, 0.3, -0.2]
with open(folder / "E.csv", "w") as e, open(folder / "X.csv", "w") as x:
    e.write("area,estimate,variance\n")
    x.write("area," + ",".join(f"x{i}" for i in range(1, 9)) + "\n")
    for i in range(areas):
        row = [rng.gauss(0, 1) for _ in beta]
        d = rng.uniform(0.2, 2.0)
        y = 2 + sum(b * v for b, v in zip(beta, row)) + rng.gauss(0, 0.5) + rng.gauss(0, d**0.5)
        area = f"{10**11 + i:012d}"
        if i % 20:
            e.write(f"{area},{y:.6f},{d:.6f}\n")
        x.write(area + "," + ",".join(f"{v:.6f}" for v in row) + "\n")

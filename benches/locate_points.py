"""Points in block groups: our index and geopandas' sjoin, the same points in the same run.

    cargo build --release -p evenfield-gap --example locate_points
    python benches/locate_points.py BLOCK_GROUPS.geojson [POINTS] [PROGRAM]

Needs geopandas. Prints seconds, the ratio, and every kind of disagreement.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import time

import geopandas
import numpy
import shapely

boundaries = sys.argv[1]
count = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
program = sys.argv[3] if len(sys.argv) > 3 else "target/release/examples/locate_points"

areas = geopandas.read_file(boundaries)
west, south, east, north = areas.total_bounds
random = numpy.random.default_rng(1)
points = numpy.column_stack([random.uniform(west, east, count), random.uniform(south, north, count)])
# The hard ones: vertices of borders, which lie in several areas at once.
vertices = shapely.get_coordinates(areas.geometry.values)
points[: count // 100] = vertices[random.integers(0, len(vertices), count // 100)]

with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    points.astype("<f8").tofile(folder / "points")
    ours = subprocess.run(
        [program, boundaries, folder / "points", folder / "out"], check=True, stdout=subprocess.PIPE
    )
    ours = json.loads(ours.stdout)
    found = (folder / "out").read_text().split("\n")[:count]

frame = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy(points[:, 0], points[:, 1]), crs=areas.crs)
begin = time.perf_counter()
joined = geopandas.sjoin(frame, areas[["geoid", "geometry"]], how="left", predicate="intersects")
seconds = time.perf_counter() - begin

# geopandas gives a point on a shared border once for each area; ours gives the first of the file.
first = joined.sort_values("index_right", kind="stable", na_position="last").groupby(level=0)["geoid"].first()
theirs = ["" if not isinstance(value, str) else value for value in first.reindex(range(count))]
several = joined.index.duplicated(keep=False)
differ = [index for index in range(count) if found[index] != theirs[index]]
print(f"points {count}, areas {len(areas)}")
print(f"ours {ours['total_s']:.3f} s (index {ours['index_s']:.3f} s), geopandas {geopandas.__version__} {seconds:.3f} s")
print(f"ratio {seconds / ours['total_s']:.1f}")
print(f"in an area {sum(1 for value in theirs if value)}, on a shared border {len(set(joined.index[several]))}")
print(f"disagree {len(differ)}")
for index in differ[:10]:
    distance = areas.geometry.boundary.distance(shapely.Point(points[index])).min()
    print(f"  {points[index].tolist()} ours {found[index]!r} theirs {theirs[index]!r} distance to a border {distance:.2e}")

"""Active device-minutes by school and resource with DuckDB on one thread, over the segments that `benches/usage.rs` made.

    python benches/usage_duckdb.py FOLDER

Needs duckdb from PyPI. Says how long each way to write it in SQL took, and whether its rows are those of `active.csv`.
"""

import csv
import sys
import time

import duckdb

folder = sys.argv[1]
with open(f"{folder}/active.csv") as file:
    kernel = {(int(r["school"]), int(r["resource"])): int(r["active"]) for r in csv.DictReader(file)}
management = (
    "SELECT number FROM read_csv('crates/usage/src/catalogue/resources.csv') WHERE kind = 'management'"
)
source = f"""
    FROM read_parquet('{folder}/store/segments/*/*/*.parquet') f
    JOIN roster USING (device)
    WHERE did IN (0, 2) AND support = 0 AND resource > 0 AND resource NOT IN ({management})
"""
ways = {
    "count distinct": f"SELECT school, resource, count(DISTINCT (device, minute)) {source} GROUP BY 1, 2",
    "distinct, then count": f"""
        SELECT school, resource, count(*)
        FROM (SELECT DISTINCT school, resource, device, minute {source}) GROUP BY 1, 2""",
    "packed distinct": f"""
        SELECT school, resource, count(DISTINCT minute::BIGINT * 1048576 + number) {source} GROUP BY 1, 2""",
}
base = duckdb.connect()
base.execute("SET threads = 1")
base.execute(
    f"""CREATE TABLE roster AS
    SELECT device::UBIGINT AS device, school::INTEGER AS school, row_number() OVER () AS number
    FROM read_csv('{folder}/roster.csv', columns = {{'device': 'UBIGINT', 'school': 'INTEGER'}})"""
)
for way, sql in ways.items():
    start, begun = time.perf_counter(), time.process_time()
    try:
        rows = base.execute(sql).fetchall()
    except duckdb.OutOfMemoryException as error:
        print(f"{way}: {error}")
        continue
    seconds, busy = time.perf_counter() - start, time.process_time() - begun
    equal = {(school, resource): count for school, resource, count in rows} == kernel
    print(f"DuckDB {duckdb.__version__}, {way}: {seconds:.2f} s, {busy:.2f} s of processor, {len(rows)} rows, equal to the kernel's: {equal}")

"""Open-data covariates of school districts, for the accuracy study. See docs/benchmarks/area.md.

Nothing here reads the columns pct_NCI and nci_MOE of the district table.
"""

import json
import re

import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree
from shapely.geometry import Polygon, shape

COUNTY_2019 = """poverty poverty_under_18 poverty_65_and_over bachelors hs_grad age_over_65 housing_mobile_homes hispanic
native black asian uninsured_under_19 uninsured unemployment_rate avg_family_size mean_work_travel
households_speak_other_indo_euro_lang households_speak_spanish households_speak_limited_english
white_not_hispanic median_age age_under_5 veterans""".split()
COUNTY_OTHER = """homeownership_2010 housing_multi_unit_2010 speak_english_only_2017 uninsured_age_under_19_2017
no_move_in_one_plus_year_2010 women_16_to_50_birth_rate_2017 metro_2013""".split()
OWN = "pct_pov pct_SP pct_HHVJ pct_CC pct_CD pct_CLI".split()
# What bends: the district's own table, and each source's most direct word on access, income and language.
BENT = """pct_pov pct_SP pct_HHVJ pct_CC pct_CD pct_CLI log_density log_children expected t_quantile t_mean
c_no_broadband_2019 c_no_computer_2019 c_no_broadband_2017 c_no_computer_2017 c_households_speak_other_indo_euro_lang
c_households_speak_spanish c_households_speak_limited_english c_log_income c_poverty_under_18 c_bachelors l_income
z_usage c_ms_usage poverty_ratio""".split()
KNOTS = [0.1, 0.35, 0.65, 0.9]
LOOSE = (
    "school schools district county city public unified independent community consolidated area township no number "
    "central elementary in supervisory union high free local exempted village of the municipal joint regional "
    "administrative unit"
).split()


def number(column):
    return pd.to_numeric(column, errors="coerce")


def rings(topology):
    scale, translate = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = [np.cumsum(np.array(arc), 0) * scale + translate for arc in topology["arcs"]]

    def ring(indexes):
        parts = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in indexes]
        return np.concatenate([parts[0]] + [part[1:] for part in parts[1:]])

    for geometry in topology["objects"]["districts"]["geometries"]:
        polygons = geometry.get("arcs", [])
        polygons = [polygons] if geometry["type"] == "Polygon" else polygons
        whole = [[r for r in map(ring, p) if len(r) >= 4] for p in polygons]
        made = [shapely.make_valid(Polygon(p[0], p[1:])) for p in whole if p]
        if made:
            yield geometry["properties"], shapely.make_valid(shapely.union_all(made))


def overlay(national):
    """District polygons (place, area) and the share of each that lies in each county."""
    counties = json.load(open(national / "us_geo_census_cb_2020_counties.geojson"))["features"]
    shapes = [shapely.make_valid(shape(f["geometry"])) for f in counties]
    ids = [f["properties"]["geoid"] for f in counties]
    tree = shapely.STRtree(shapes)
    places, shares = [], []
    for k, (says, polygon) in enumerate(rings(json.load(open(national / "USA_Districts.topojson")))):
        centre = polygon.centroid
        km2 = polygon.area * np.cos(np.radians(centre.y)) * 111.32**2
        places.append((k, says.get("state"), says.get("name"), centre.x, centre.y, km2))
        for i in tree.query(polygon):
            share = polygon.intersection(shapes[i]).area / polygon.area if polygon.area else 0
            if ids[i][:2] == says.get("state") and share > 0.005:
                shares.append((k, ids[i], share))
    return (
        pd.DataFrame(places, columns="k state name lon lat km2".split()),
        pd.DataFrame(shares, columns="k county share".split()),
    )


def join_by_name(districts, places):
    """The polygon of each district: by state and exact name, then by the words that tell names apart."""

    def exact(state, name):
        return f"{state}|" + re.sub(r"[^a-z0-9]+", " ", str(name).lower()).strip()

    def loose(key):
        return " ".join(w for w in re.split(r"[ |]", key) if w not in LOOSE)

    ours = [exact(s, n) for s, n in zip(districts.st, districts.dist)]
    theirs = pd.Series([exact(s, n) for s, n in zip(places.state, places.name)])
    first = dict(zip(theirs[::-1], places.k[::-1]))
    found = pd.Series([first.get(key) for key in ours], index=districts.index, dtype=float)
    left = ~places.k.isin(set(found.dropna()))
    words = theirs[left].map(loose)
    single = ~words.duplicated(keep=False)
    second = dict(zip(words[single], places.k[left][single]))
    return found.fillna(pd.Series([second.get(loose(key)) for key in ours], index=districts.index, dtype=float))


def county_table(national):
    c = pd.read_csv(national / "county_complete.csv", low_memory=False)
    c.index = c.fips.astype(int).astype(str).str.zfill(5)
    out = {f"c_{n}": number(c[f"{n}_2019"]) for n in COUNTY_2019}
    out |= {f"c_{n}": number(c[n]) for n in COUNTY_OTHER}
    out["c_no_broadband_2019"] = 100 - number(c.household_has_broadband_2019)
    out["c_no_computer_2019"] = 100 - number(c.household_has_computer_2019)
    out["c_no_smartphone_2019"] = 100 - number(c.household_has_smartphone_2019)
    out["c_no_broadband_2017"] = 100 - number(c.broadband_2017)
    out["c_no_computer_2017"] = 100 - number(c.computer_2017)
    out["c_log_income"] = np.log(number(c.median_household_income_2019))
    out["c_log_density"] = np.log(number(c.density_2010) + 0.1)
    out["c_log_population"] = np.log(number(c.pop_2019))
    out["c_log_home_value"] = np.log(number(c.median_val_owner_occupied_2010).replace(0, np.nan))
    usage = pd.read_csv(national / "ms_county_2019nov.csv", encoding="utf-8-sig")
    usage.index = usage["COUNTY ID"].astype(str).str.zfill(5)
    out["c_fcc_availability"], out["c_ms_usage"] = number(usage.iloc[:, 3]), number(usage.iloc[:, 4])
    tracts = tract_shares(national).groupby("county").NoIntP
    out |= {"t_mean": tracts.mean(), "t_sd": tracts.std().fillna(0), "t_min": tracts.min(), "t_max": tracts.max()}
    out |= zip_means(national)
    table = pd.DataFrame(out).reindex(c.index)
    return table, number(c.density_2010).fillna(1).clip(lower=0.1)


def tract_shares(national):
    t = pd.read_csv(national / "oeps_tract_2019_no_internet_pct.csv", dtype={"FIPS": str})
    t["county"] = t.FIPS.str[:5]
    return t[t.NoIntP >= 0]


def zip_means(national):
    usage = pd.read_csv(national / "ms_zip_2020oct.csv")
    usage["county"] = usage["COUNTY ID"].astype(str).str.zfill(5)
    offers = pd.read_csv(national / "bbn_zip.csv", encoding="latin1")
    both = usage.assign(zip=number(usage["POSTAL CODE"])).merge(
        offers.assign(zip=number(offers.Zip)), on="zip", how="left"
    )
    plain = lambda name: number(both[name].astype(str).str.replace(",", "").str.rstrip("%"))
    weight = plain("Population").fillna(1) + 1
    columns = {
        "z_usage": "BROADBAND USAGE",
        "z_mbps": "AverageMbps",
        "z_price": "Lowest Priced Terrestrial Broadband Plan",
        "z_access": "%Access to Terrestrial Broadband",
        "z_wired": "WiredCount_2020",
        "z_wired_100": "Wired100_3_2020",
        "z_all_25": "All25_3_2020",
    }
    out = {}
    for name, source in columns.items():
        value = plain(source)
        used = weight.where(value.notna(), 0)
        out[name] = (value.fillna(0) * used).groupby(both.county).sum() / used.groupby(both.county).sum()
    people = plain("Population").groupby(both.county).sum().clip(lower=1)
    out["z_tests"] = np.log1p(plain("TestCount").groupby(both.county).sum() / people)
    return out


def library_means(national, lat, lon):
    """What the four nearest library systems report of the people they serve."""
    raw = json.load(open(national / "pls_fy2022_library_systems.json"))
    table = pd.DataFrame(raw["rows"], columns=raw["cols"])
    names = "income perc_white perc_hispanic perc_black median_age computer_per_capita wifi_per_capita perc_minor".split()
    table = table.assign(**{n: number(table[n]) for n in names + ["lat", "lon"]})
    table = table[table.lat.notna() & (table.income > 0)].assign(income=lambda t: np.log(t.income))

    def sphere(lat, lon):
        lat, lon = np.radians(lat), np.radians(lon)
        return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])

    there = lat.notna()
    distance, index = cKDTree(sphere(table.lat, table.lon)).query(sphere(lat[there], lon[there]), k=4)
    km = distance * 6371
    weight = 1 / (km + 3) ** 2
    out = {"l_km": pd.Series(np.log1p(km[:, 0]), index=lat.index[there])}
    for n in names:
        values = table[n].fillna(table[n].median()).to_numpy()[index]
        out[f"l_{n}"] = pd.Series((values * weight).sum(1) / weight.sum(1), index=lat.index[there])
    return out


def tract_quantile(d, tracts):
    """Share without Internet of the county's tracts at the district's rank by poverty within the county."""
    by_county = {county: np.sort(v.to_numpy()) for county, v in tracts.groupby("county").NoIntP}
    out = pd.Series(np.nan, index=d.index)
    for county, group in d[d.county.notna()].groupby("county"):
        values = by_county.get(county)
        if values is None:
            continue
        group = group.sort_values("pct_pov")
        size = group.children.to_numpy() + 1.0
        top = np.cumsum(size) / size.sum()
        low = np.floor(np.clip(top - size / size.sum(), 0, 1) * len(values) + 1e-9).astype(int)
        high = np.ceil(top * len(values) - 1e-9).astype(int)
        low = np.minimum(low, len(values) - 1)
        out[group.index] = [values[a : max(b, a + 1)].mean() for a, b in zip(low, high)]
    return out


def build(shared):
    """One row a district with children: `leaid`, and the covariates filled, scaled and cut at 6 deviations."""
    national = shared / "national"
    d = pd.read_csv(national / "district_household_conditions.csv", dtype={"leaid": str})
    d = d[d.children > 0].reset_index(drop=True)
    d["st"] = d.leaid.str[:2]
    places, shares = overlay(national)
    d["k"] = join_by_name(d, places)
    table, density = county_table(national)
    shares = shares[shares.county.isin(table.index)]
    weight = shares.share.to_numpy() * density.reindex(shares.county).to_numpy()
    values = table.reindex(shares.county).to_numpy(dtype=float)
    used = weight[:, None] * ~np.isnan(values)
    top = pd.DataFrame(np.nan_to_num(values) * used).groupby(shares.k.to_numpy()).sum()
    means = top / pd.DataFrame(used).groupby(shares.k.to_numpy()).sum().replace(0, np.nan)
    means.columns = table.columns
    d = d.join(means, on="k")
    largest = shares.assign(w=weight).sort_values("w").drop_duplicates("k", keep="last").set_index("k").county
    d["county"] = d.k.map(largest)
    places = places.set_index("k")
    x = d[OWN + list(table.columns)].copy()
    x["log_density"] = np.log((d.children + 1) / d.k.map(places.km2).clip(lower=0.5))
    x["log_children"] = np.log1p(d.children)
    finance = pd.read_csv(national / "district_finance.csv")
    finance.index = finance.leaid.astype(str).str.zfill(7)
    for name in ["fed_per_child", "state_per_child", "local_per_child"]:
        by_district = number(finance[name])[~finance.index.duplicated()]
        x[name] = np.log1p(d.leaid.map(by_district).clip(lower=0, upper=40000))
    x = x.assign(**library_means(national, d.k.map(places.lat), d.k.map(places.lon)))
    x["t_quantile"] = tract_quantile(d, tract_shares(national))
    county = d.county.fillna("none")
    people = d.children.groupby(county).transform("sum")
    for name in ["pct_pov", "pct_SP", "pct_CLI", "pct_CC", "pct_HHVJ", "log_density"]:
        x[f"{name}_beyond_county"] = x[name] - (x[name] * d.children).groupby(county).transform("sum") / people
    x["poverty_ratio"] = np.log((d.pct_pov + 3) / (x.c_poverty_under_18 + 3))
    x["expected"] = x.c_no_broadband_2019 * (d.pct_pov + 5) / (x.c_poverty_under_18 + 5)
    x = x.fillna(x.groupby(d.st).transform("mean")).fillna(x.mean())
    x = ((x - x.mean()) / x.std()).clip(-6, 6)
    # Linear splines: each line may bend at four quantiles (Harrell, Regression Modeling Strategies, 2015, section 2.4).
    # A bend at the lowest value is none.
    knots = {(name, k) for name in BENT for k in x[name].quantile(KNOTS) if k > x[name].min()}
    bent = {f"{name}_over_{knot:.3f}": (x[name] - knot).clip(lower=0) for name, knot in sorted(knots)}
    x = pd.concat([x, pd.DataFrame(bent)], axis=1)
    x.insert(0, "area", d.leaid)
    return x, d[["leaid", "state", "children", "pct_NCI", "nci_MOE"]]

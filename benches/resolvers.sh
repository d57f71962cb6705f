# What the comparisons of resolvers begin with, to be sourced: builds the edge and these benches, and goes to a folder of their own, which goes
# again at the end with every process in `pids`. `begin BENCH...`; then `target`, `newest` and `pids` are there.
begin() {
    local here bench benches=()
    here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
    target=${CARGO_TARGET_DIR:-$here/target}
    for bench in "$@"; do benches+=(--bench "$bench"); done
    (cd "$here" && cargo build --quiet --release -p evenfield-edge && cargo bench --quiet -p evenfield-edge "${benches[@]}" --no-run)
    work=$(mktemp -d)
    pids=()
    trap 'for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; rm -rf "$work"' EXIT
    cd "$work"
}

# The program of a bench.
newest() { ls -t "$target"/release/deps/"$1"-* | grep -v '\.d$' | head -1; }

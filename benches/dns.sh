#!/usr/bin/env bash
# Server CPU per UDP query: the edge with policy and event log, beside a bare echo, unbound, dnsdist and dnsmasq on the
# same list of names and the same queries. `benches/dns.sh LIST QUERIES [SECONDS [ROUNDS]]`: a file of names, a file for
# dnsperf. With ONLY="edge usage" those alone run. `usage` is the edge that also notes the use of resources; `earlier` is
# another build of the edge, EARLIER=PROGRAM. Needs Debian's unbound, dnsdist, dnsmasq and dnsperf. All run on this machine, one after the other.
set -euo pipefail
list=$(realpath "$1") queries=$(realpath "$2") seconds=${3:-6} rounds=${4:-2}
source "$(dirname "$0")/resolvers.sh"
begin dns
bench=$(newest dns)

# Everything that is not listed: one address, from an unbound that all ask.
cat >upstream.conf <<EOF
server:
  interface: 127.0.0.1@5300
  port: 5300
  do-daemonize: no
  username: ""
  chroot: ""
  pidfile: ""
  use-syslog: no
  local-zone: "." redirect
  local-data: ". 3600 IN A 192.0.2.1"
  local-data: ". 3600 IN AAAA 2001:db8::1"
  num-threads: 1
EOF
unbound -c upstream.conf >upstream.log 2>&1 & pids+=($!)

echo "names: $(wc -l <"$list"), queries: $(wc -l <"$queries"), load now: $(cut -d' ' -f1-3 /proc/loadavg)"
key=$("$bench" snapshot "$list" policy.snapshot)
cat >edge.toml <<EOF
[policy]
snapshot = "policy.snapshot"
public_key = "$key"
[upstream]
servers = ["127.0.0.1:5300"]
[listen]
udp = ["127.0.0.1:5301"]
tcp = []
status = "127.0.0.1:5391"
[clients]
per_second = 0
[cache]
mebibytes = 128
[events]
folder = "events"
EOF
sed 's/5301/5306/; s/5391/5396/; s/"events"/"events-usage"/' edge.toml >usage.toml
cat >>usage.toml <<EOF
[usage]
folder = "store"
spool = "spool"
source = "bench"
keys = "keys.csv"
EOF
echo "term,from,until,key" >keys.csv
{
    printf 'server:\n  interface: 127.0.0.1@5302\n  port: 5302\n  do-daemonize: no\n  username: ""\n  chroot: ""\n  pidfile: ""\n'
    printf '  use-syslog: no\n  num-threads: 2\n  so-reuseport: yes\n  do-not-query-localhost: no\n  msg-cache-size: 64m\n  rrset-cache-size: 128m\n  module-config: "iterator"\n'
    sed 's/.*/  local-zone: "&." always_nxdomain/' "$list"
    printf 'forward-zone:\n  name: "."\n  forward-addr: 127.0.0.1@5300\n'
} >unbound.conf
cat >dnsdist.conf <<EOF
addLocal("127.0.0.1:5303", {reusePort=true})
addLocal("127.0.0.1:5303", {reusePort=true})
newServer({address="127.0.0.1:5300", healthCheckMode="up"})
pc = newPacketCache(200000)
getPool(""):setCache(pc)
listed = newSuffixMatchNode()
for line in io.lines("$list") do listed:add(newDNSName(line)) end
addAction(SuffixMatchNodeRule(listed, true), RCodeAction(DNSRCode.NXDOMAIN))
EOF
{
    printf 'port=5304\nlisten-address=127.0.0.1\nbind-interfaces\nno-resolv\nno-hosts\nserver=127.0.0.1#5300\ncache-size=100000\nkeep-in-foreground\nuser=\n'
    sed 's|.*|address=/&/|' "$list"
} >dnsmasq.conf

ticks() { awk '{print $14 + $15}' "/proc/$1/stat"; }
# NAME PORT COMMAND...: starts, waits until it answers, warms up, measures.
measure() {
    local name=$1 port=$2 start ready pid
    shift 2
    [[ " ${ONLY:-$name} " == *" $name "* ]] || return 0
    start=$(date +%s.%N)
    "$@" >"$name.log" 2>&1 &
    pid=$!
    pids+=("$pid")
    until dig +tries=1 +time=1 @127.0.0.1 -p "$port" ready.test A >/dev/null 2>&1; do
        kill -0 "$pid" || { tail "$name.log"; return; }
        sleep 0.05
    done
    ready=$(date +%s.%N)
    dnsperf -s 127.0.0.1 -p "$port" -d "$queries" -c 20 -T 1 -q 300 -n 1 >/dev/null 2>&1
    for round in $(seq "$rounds"); do
        local before after out
        before=$(ticks "$pid")
        out=$(dnsperf -s 127.0.0.1 -p "$port" -d "$queries" -c 20 -T 1 -q 300 -l "$seconds" 2>/dev/null)
        after=$(ticks "$pid")
        echo "$out" | awk -v name="$name" -v ticks=$((after - before)) -v hz="$(getconf CLK_TCK)" -v round="$round" \
            -v start="$start" -v ready="$ready" -v rss="$(awk '/VmRSS/ {print $2 / 1024}' "/proc/$pid/status")" \
            -v load="$(cut -d' ' -f1 /proc/loadavg)" '
            /Queries completed/ {done = $3} /Queries lost/ {lost = $3} /Queries per second/ {qps = $4}
            /NXDOMAIN/ {for (n = 1; n <= NF; n++) if ($n == "NXDOMAIN") nx = $(n + 1)}
            END {printf "%-8s round %d: start %.2f s, RSS %.0f MiB, %.0f q/s, lost %d, NXDOMAIN %.2f%%, server CPU %.2f us/query, load %s\n",
                name, round, ready - start, rss, qps, lost, 100 * nx / done, 1e6 * ticks / hz / done, load}'
    done
    if [ "$name" = edge ]; then
        curl -s http://127.0.0.1:5391/metrics | awk '/^evenfield_dns_(cache|events)_total/ {printf "  %s %s", $1, $2} END {print ""}'
    fi
    kill "$pid"
    wait "$pid" 2>/dev/null || true
}
measure echo 5305 "$bench" echo 127.0.0.1:5305
[ -z "${EARLIER:-}" ] || measure earlier 5301 "$EARLIER" dns --config edge.toml
measure edge 5301 "$target/release/evenfield-edge" dns --config edge.toml
measure usage 5306 "$target/release/evenfield-edge" dns --config usage.toml
measure unbound 5302 unbound -c unbound.conf
measure dnsdist 5303 dnsdist --supervised --disable-syslog -C dnsdist.conf
measure dnsmasq 5304 dnsmasq -C dnsmasq.conf
measure echo 5305 "$bench" echo 127.0.0.1:5305
measure edge 5301 "$target/release/evenfield-edge" dns --config edge.toml
measure usage 5306 "$target/release/evenfield-edge" dns --config usage.toml
[ -z "${EARLIER:-}" ] || measure earlier 5301 "$EARLIER" dns --config edge.toml

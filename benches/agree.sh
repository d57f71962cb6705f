#!/usr/bin/env bash
# Whether resolvers agree on what a list blocks: the edge, the edge with our own zone read back, unbound (local-zone),
# dnsdist, dnsmasq, and unbound with our zone; and what the usual two records a name let through. One list, the same
# queries, every answer compared. `benches/agree.sh [NAMES [SEED]]`. Needs Debian's unbound, dnsdist, dnsmasq.
set -euo pipefail
count=${1:-1000000} seed=${2:-1}
source "$(dirname "$0")/resolvers.sh"
begin dns agree
bench=$(newest dns) agree=$(newest agree)

echo "==> Making $count names and $((2 * count)) queries"
"$agree" names "$count" "$seed" list queries
"$agree" zone list ours.zone naive.zone

unbound_head() { # PORT
    printf 'server:\n  interface: 127.0.0.1@%s\n  port: %s\n  do-daemonize: no\n  username: ""\n  chroot: ""\n  pidfile: ""\n' "$1" "$1"
    printf '  use-syslog: no\n  do-not-query-localhost: no\n'
}
{
    unbound_head 5310
    printf '  local-zone: "." redirect\n  local-data: ". 3600 IN A 192.0.2.1"\n'
} >upstream.conf
unbound -c upstream.conf >upstream.log 2>&1 & pids+=($!)
forward=$'forward-zone:\n  name: "."\n  forward-addr: 127.0.0.1@5310'
edge() { # NAME LIST FORMAT PORT
    local key
    key=$("$bench" snapshot "$2" "$1.snapshot" "$3")
    cat >"$1.toml" <<EOF
[policy]
snapshot = "$1.snapshot"
public_key = "$key"
[upstream]
servers = ["127.0.0.1:5310"]
[listen]
udp = ["127.0.0.1:$4"]
tcp = []
[clients]
per_second = 0
[events]
folder = "$1.events"
EOF
}
edge edge list domains 5311
edge read-back ours.zone rpz 5312
{ unbound_head 5313; echo '  module-config: "iterator"'; sed 's/.*/  local-zone: "&." always_nxdomain/' list; echo "$forward"; } >unbound.conf
cat >dnsdist.conf <<EOF
addLocal("127.0.0.1:5314")
newServer({address="127.0.0.1:5310", healthCheckMode="up"})
listed = newSuffixMatchNode()
for line in io.lines("$work/list") do listed:add(newDNSName(line)) end
addAction(SuffixMatchNodeRule(listed, true), RCodeAction(DNSRCode.NXDOMAIN))
EOF
{
    printf 'port=5315\nlisten-address=127.0.0.1\nbind-interfaces\nno-resolv\nno-hosts\nserver=127.0.0.1#5310\ncache-size=0\ndns-forward-max=1000\nkeep-in-foreground\nuser=\n'
    sed 's|.*|address=/&/|' list
} >dnsmasq.conf
for zone in ours naive; do
    port=$([ "$zone" = ours ] && echo 5316 || echo 5317)
    { unbound_head "$port"; echo '  module-config: "respip iterator"'; echo "$forward"
      printf 'rpz:\n  name: "rpz.invalid."\n  zonefile: "%s/%s.zone"\n' "$work" "$zone"; } >"rpz-$zone.conf"
done

# NAME PORT COMMAND...: starts, waits until it answers, asks everything, stops.
verdicts() {
    local name=$1 port=$2 pid
    shift 2
    "$@" >"$name.log" 2>&1 &
    pid=$!
    pids+=("$pid")
    until dig +tries=1 +time=1 @127.0.0.1 -p "$port" ready.test A >/dev/null 2>&1; do
        kill -0 "$pid" || { tail "$name.log"; exit 1; }
        sleep 0.2
    done
    printf '%-18s ' "$name"
    "$agree" ask "127.0.0.1:$port" queries "$name.verdicts"
    kill "$pid"
    wait "$pid" 2>/dev/null || true
}
verdicts edge 5311 "$target/release/evenfield-edge" dns --config edge.toml
verdicts edge-read-back 5312 "$target/release/evenfield-edge" dns --config read-back.toml
verdicts unbound 5313 unbound -c unbound.conf
verdicts dnsdist 5314 dnsdist --supervised --disable-syslog -C dnsdist.conf
verdicts dnsmasq 5315 dnsmasq -C dnsmasq.conf
verdicts unbound-our-zone 5316 unbound -c rpz-ours.conf
verdicts unbound-naive-zone 5317 unbound -c rpz-naive.conf

failed=0
for peer in edge-read-back unbound dnsdist dnsmasq unbound-our-zone; do
    printf 'edge and %-18s ' "$peer:"
    "$agree" compare queries edge.verdicts "$peer.verdicts" || failed=1
done
printf 'edge and %-18s ' "a naive zone:"
"$agree" compare queries edge.verdicts unbound-naive-zone.verdicts || true
exit "$failed"

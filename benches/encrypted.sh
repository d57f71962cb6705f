#!/usr/bin/env bash
# DNS over TLS and HTTPS on many connections: the edge with policy and event log beside dnsdist and unbound, on the same list and the
# same queries. `benches/encrypted.sh LIST QUERIES [SECONDS [CONNECTIONS...]]`: as benches/dns.sh. Each server is started anew for each row;
# client and server share the cores, so what counts is the server's CPU and memory, told apart for opening connections and for queries.
set -euo pipefail
list=$(realpath "$1") queries=$(realpath "$2") seconds=${3:-10}
shift $(($# < 3 ? $# : 3))
counts=("$@")
[ ${#counts[@]} -gt 0 ] || counts=(1000 19000)
ulimit -n "$(ulimit -Hn)"
source "$(dirname "$0")/resolvers.sh"
begin dns encrypted
bench=$(newest dns) client=$(newest encrypted)

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out chain.pem -days 30 -subj / \
    -addext 'subjectAltName=critical,DNS:dns.example.org' -addext 'basicConstraints=critical,CA:FALSE' 2>/dev/null

# Everything that is not listed: one address, from an unbound that all ask.
cat >upstream.conf <<EOF
server:
  interface: 127.0.0.1@5320
  port: 5320
  do-daemonize: no
  username: ""
  chroot: ""
  pidfile: ""
  use-syslog: no
  local-zone: "." redirect
  local-data: ". 3600 IN A 192.0.2.1"
EOF
unbound -c upstream.conf >upstream.log 2>&1 & pids+=($!)

key=$("$bench" snapshot "$list" policy.snapshot)
cat >edge.toml <<EOF
[policy]
snapshot = "policy.snapshot"
public_key = "$key"
[upstream]
servers = ["127.0.0.1:5320"]
[listen]
udp = []
tcp = ["127.0.0.1:5321"]
tls = ["127.0.0.1:5331"]
https = ["127.0.0.1:5341"]
[tls]
certificate = "chain.pem"
key = "key.pem"
domain = "dns.example.org"
[clients]
per_second = 0
connections = 100000
connections_in_all = 100000
[cache]
mebibytes = 128
[events]
folder = "events"
EOF
{
    printf 'server:\n  interface: 127.0.0.1@5322\n  interface: 127.0.0.1@5332\n  interface: 127.0.0.1@5342\n  port: 5322\n  tls-port: 5332\n  https-port: 5342\n'
    printf '  tls-service-key: key.pem\n  tls-service-pem: chain.pem\n  incoming-num-tcp: 3000\n  tcp-idle-timeout: 120000\n'
    printf '  do-daemonize: no\n  username: ""\n  chroot: ""\n  directory: "%s"\n  pidfile: ""\n  use-syslog: no\n  num-threads: 2\n  so-reuseport: yes\n' "$work"
    printf '  do-not-query-localhost: no\n  msg-cache-size: 64m\n  rrset-cache-size: 128m\n  module-config: "iterator"\n'
    sed 's/.*/  local-zone: "&." always_nxdomain/' "$list"
    printf 'forward-zone:\n  name: "."\n  forward-addr: 127.0.0.1@5320\n'
} >unbound.conf
cat >dnsdist.conf <<EOF
addLocal("127.0.0.1:5323")
addTLSLocal("127.0.0.1:5333", "chain.pem", "key.pem", {maxInFlight=10})
addDOHLocal("127.0.0.1:5343", "chain.pem", "key.pem", "/dns-query", {idleTimeout=120})
setTCPRecvTimeout(120)
setMaxTCPClientThreads(2)
setMaxTCPQueuedConnections(20000)
newServer({address="127.0.0.1:5320", healthCheckMode="up"})
pc = newPacketCache(200000)
getPool(""):setCache(pc)
listed = newSuffixMatchNode()
for line in io.lines("$list") do listed:add(newDNSName(line)) end
addAction(SuffixMatchNodeRule(listed, true), RCodeAction(DNSRCode.NXDOMAIN))
EOF

ticks() { awk '{print $14 + $15}' "/proc/$1/stat"; }
resident() { awk '/VmRSS/ {print $2}' "/proc/$1/status"; }
# NAME NUMBER COMMAND...: starts the server, warms it up, opens connections, asks, once for each transport and count.
measure() {
    local name=$1 number=$2
    shift 2
    for transport in tls https; do
        for count in "${counts[@]}"; do
            "$@" >"$name.log" 2>&1 &
            local pid=$! address=127.0.0.1:53$([ $transport = tls ] && echo 3 || echo 4)$number
            pids+=("$pid")
            until dig +tcp +tries=1 +time=1 @127.0.0.1 -p "532$number" ready.test A >/dev/null 2>&1; do
                kill -0 "$pid" || { tail "$name.log"; return; }
                sleep 0.05
            done
            echo | "$client" $transport "$address" chain.pem "$queries" 256 5 >/dev/null
            local cpu=("$(ticks "$pid")") memory=("$(resident "$pid")")
            coproc CLIENT { "$client" $transport "$address" chain.pem "$queries" "$count" "$seconds" 2>client.log; }
            # The shell forgets these when the client ends.
            local opened asked= asking=$CLIENT_PID reading=${CLIENT[0]} writing=${CLIENT[1]}
            if read -r opened <&"$reading"; then
                cpu+=("$(ticks "$pid")") memory+=("$(resident "$pid")")
                echo >&"$writing"
                read -r asked <&"$reading" || true
                cpu+=("$(ticks "$pid")") memory+=("$(resident "$pid")")
            fi
            wait "$asking" 2>/dev/null || true
            if [ -z "$asked" ]; then
                echo "$name $transport $count: $(tail -1 client.log)"
            else
                echo "$opened $asked" | awk -v name="$name" -v transport="$transport" -v count="$count" -v hz="$(getconf CLK_TCK)" -v seconds="$seconds" \
                    -v open=$((cpu[1] - cpu[0])) -v ask=$((cpu[2] - cpu[1])) -v grown=$((memory[1] - memory[0])) -v used=$((memory[2] - memory[0])) '
                    {printf "%-8s %-5s %5d connections, opened in %5.1f s at %4.0f us of server CPU, %5.1f kB each idle, %5.1f after use; %6.0f q/s, %5.1f us of server CPU each, lost %d, p50 %.2f ms, p99 %.2f ms\n",
                        name, transport, count, $2, 1e6 * open / hz / count, grown / count, used / count, $4 / seconds, 1e6 * ask / hz / $4, $6, $8, $10}'
            fi
            kill "$pid" 2>/dev/null || true
            wait "$pid" 2>/dev/null || true
        done
    done
}
echo "names: $(wc -l <"$list"), queries: $(wc -l <"$queries"), load now: $(cut -d' ' -f1-3 /proc/loadavg)"
measure edge 1 "$target/release/evenfield-edge" dns --config edge.toml
measure dnsdist 3 dnsdist --supervised --disable-syslog -C dnsdist.conf
measure unbound 2 unbound -c unbound.conf

#!/usr/bin/env bash
# The gateway of a bus and FreeRADIUS under the same loads, one after the other, three times: `radclient` as it comes with
# FreeRADIUS, and our own client that measures each answer. benches/radius.sh [REQUESTS]; needs a release build of
# evenfield-edge and `make packages-test`.
set -euo pipefail
requests=${1:-20000}
cd "$(dirname "$0")/.."
target=$(cargo metadata --format-version 1 --no-deps --locked | sed -E 's/.*"target_directory":"([^"]*)".*/\1/')
edge=$target/release/evenfield-edge
[ -x "$edge" ] || { echo "build it first: cargo build --locked --release -p evenfield-edge"; exit 1; }
bench=$(ls -t "$target"/release/deps/radius-* 2>/dev/null | grep -v '\.d$' | head -1)
[ -n "$bench" ] || { echo "build it first: cargo bench --locked -p evenfield-edge --bench radius --no-run"; exit 1; }
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$folder"' EXIT
secret="a secret of the bench"
echo "$secret" > "$folder/secret"
printf '07%.0s' {1..32} > "$folder/key"
login=$(echo sesame | "$edge" pass --key "$folder/key" --login nemo --rider 0101010101010101)
printf 'login,proof,rider,minutes,mebibytes,down_kbit,up_kbit\n%s\n' "$login" > "$folder/passes.csv"
cat > "$folder/bus.toml" <<END
[bus]
key = "key"
passes = "passes.csv"
[radius]
access = ["127.0.0.1:18120"]
accounting = ["127.0.0.1:18130"]
clients = ["127.0.0.1 secret"]
[facts]
folder = "facts"
END
cat > "$folder/users" <<END
nemo Cleartext-Password := "sesame"
END
echo '$INCLUDE /usr/share/freeradius/dictionary' > "$folder/dictionary"
cat > "$folder/radiusd.conf" <<END
prefix = /usr
libdir = /usr/lib/freeradius
name = radiusd
logdir = $folder
run_dir = $folder
db_dir = $folder
raddbdir = $folder
max_requests = 16384
security {
  allow_vulnerable_openssl = yes
  reject_delay = 0
}
thread pool {
  start_servers = 4
  max_servers = 16
  max_queue_size = 65536
}
client bench {
  ipaddr = 127.0.0.1
  secret = "$secret"
}
modules {
  pap {
  }
  files {
    filename = $folder/users
  }
  detail {
    filename = $folder/detail
  }
}
server bench {
  listen {
    type = auth
    ipaddr = 127.0.0.1
    port = 18121
  }
  listen {
    type = acct
    ipaddr = 127.0.0.1
    port = 18131
  }
  authorize {
    files
    pap
  }
  authenticate {
    Auth-Type PAP {
      pap
    }
  }
  accounting {
    detail
  }
}
END
"$edge" bus --config "$folder/bus.toml" > "$folder/edge.log" 2>&1 &
edge_id=$!
freeradius -f -l "$folder/radius.log" -d "$folder" &
radius_id=$!
for _ in $(seq 100); do grep -q Ready "$folder/radius.log" 2>/dev/null && break; sleep 0.1; done
request='User-Name = nemo, User-Password = sesame, NAS-Identifier = bench, Message-Authenticator = 0x00'
# radclient looks through its whole list for each answer: with many requests it would measure itself.
part=$((requests / 8))
for _ in $(seq "$part"); do printf '%s\n\n' "$request"; done > "$folder/requests"
for n in $(seq "$part"); do
  printf 'Acct-Status-Type = Interim-Update, Acct-Session-Id = %s, User-Name = nemo, NAS-Identifier = bench, Acct-Session-Time = 60, Acct-Input-Octets = 7, Message-Authenticator = 0x00\n\n' "$n"
done > "$folder/reports"
# Seconds of the processor that a process has had, all threads together.
spent() { awk -v hertz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print ($12 + $13) / hertz }' "/proc/$1/stat"; }
# Runs a load and says what the server's processor had to do for a request.
measured() { # what id command...
  local what=$1 id=$2 before start
  shift 2
  before=$(spent "$id") start=$(date +%s.%N)
  "$@" > "$folder/said" 2>&1 || tail -1 "$folder/said"
  echo "$before $(spent "$id") $start $(date +%s.%N) $requests" |
    awk -v what="$what" '{ printf "%s: %.0f a second, %.1f us of the processor each\n", what, $5 / ($4 - $3), ($2 - $1) * 1e6 / $5 }'
  grep -h lost "$folder/said" || true
}
quick() { for _ in $(seq 8); do radclient -q -p 64 -t 5 -r 3 -f "$folder/$3" "127.0.0.1:$2" "$1" "$secret"; done; }
uptime
for round in 1 2 3; do
  for server in "evenfield 18120 18130 $edge_id" "freeradius 18121 18131 $radius_id"; do
    read -r name access accounting id <<< "$server"
    measured "$round $name: radclient auth" "$id" quick auth "$access" requests
    measured "$round $name: radclient acct" "$id" quick acct "$accounting" reports
    for together in 16 128; do
      measured "$round $name: ours, $together at a time" "$id" "$bench" "127.0.0.1:$access" "$secret" "$requests" "$together"
    done
  done
done
uptime
for who in "evenfield $edge_id" "freeradius $radius_id"; do
  read -r name id <<< "$who"
  echo "$name: $(grep VmRSS "/proc/$id/status" | tr -s '\t ' ' ')"
done

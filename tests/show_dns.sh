#!/usr/bin/env bash
# The resolver at work, for a newcomer to look at: a small policy, an edge on this machine, and the clients that people
# have: dig, kdig (TLS as Android's private DNS, HTTPS as an Apple profile), curl, and Chromium with its DoH setting.
# `tests/show_dns.sh FOLDER` of the built programs. Nothing leaves this machine; each step says what it expects, and the
# script ends with an error when one shows something else.
set -euo pipefail
bin=$(realpath "$1")
work=$(mktemp -d)
pids=()
trap 'for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
failed=0

# LABEL WANTED COMMAND...: runs it, shows what it says, and looks for what is wanted in it.
show() {
    local label=$1 wanted=$2 out
    shift 2
    echo
    echo "--> $label"
    echo "    \$ $*"
    out=$("$@" 2>&1 || true)
    sed 's/^/    /' <<<"$out"
    if grep -qF -- "$wanted" <<<"$out"; then
        echo "    as it should be: $wanted"
    else
        echo "    NOT AS IT SHOULD BE: $wanted is not there"
        failed=1
    fi
}

echo "==> A policy: games are blocked for everybody but one enrolled device (all names are fictional)"
token=5ca1ab1e0ddba11f5ca1ab1e0ddba11f
printf 'token,school\n%s,high\n' "$token" >devices.csv
mkdir roster
printf 'School_id,School_name\nhigh,Fictional High\n' >roster/schools.csv
printf 'School_id,Student_id,Last_name,First_name,Grade\nhigh,1,Fictional,Student,9\n' >roster/students.csv
cat >policy.toml <<EOF
[default]
block = ["games"]
[[list]]
name = "district's own"
version = "1"
category = "games"
names = ["games.example"]
[[district]]
id = "9900001"
roster = "roster"
devices = "devices.csv"
[[scope]]
district = "9900001"
open = ["games"]
EOF
"$bin/evenfield" policy key --out policy.key
"$bin/evenfield" policy build --config policy.toml --out policy.snapshot --key policy.key

echo "==> A certificate for dns.test and what is below, an upstream resolver, a web server, the edge"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout key.pem -out chain.pem \
    -subj "/CN=dns.test" -addext "subjectAltName=DNS:dns.test,DNS:*.dns.test,IP:127.0.0.1" 2>/dev/null
free_port() { node -e 'const s=require("net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})'; }
upstream=$(free_port)
cat >upstream.conf <<EOF
server:
  interface: 127.0.0.1@$upstream
  port: $upstream
  do-daemonize: no
  username: ""
  chroot: ""
  pidfile: ""
  use-syslog: no
  local-zone: "example." static
  local-data: "games.example. IN A 127.0.0.2"
  local-data: "library.example. IN A 127.0.0.2"
EOF
unbound -c upstream.conf >upstream.log 2>&1 & pids+=($!)
cat >web.mjs <<'EOF'
// Two sites: the block page on 127.0.0.1 and any other on 127.0.0.2.
import { createServer } from "node:http";
const port = Number(process.argv[2]);
const page = (text) => (request, response) => response.end(`<title>${text}</title><p>${text}: ${request.headers.host}`);
createServer(page("Blocked at school")).listen(port, "127.0.0.1");
createServer(page("A page of the Internet")).listen(port, "127.0.0.2");
EOF
web=$(free_port)
node web.mjs "$web" & pids+=($!)
cat >edge.toml <<EOF
[policy]
snapshot = "policy.snapshot"
public_key = "$(cat policy.key.pub)"
[upstream]
servers = ["127.0.0.1:$upstream"]
[listen]
udp = ["127.0.0.1:0"]
tcp = ["127.0.0.1:0"]
tls = ["127.0.0.1:0"]
https = ["127.0.0.1:0"]
status = "127.0.0.1:0"
[tls]
certificate = "chain.pem"
key = "key.pem"
domain = "dns.test"
[block]
page_v4 = "127.0.0.1"
EOF
"$bin/evenfield-edge" dns --config edge.toml >edge.log 2>edge.err & pids+=($!)
for _ in $(seq 100); do grep -q ' status ' edge.log && break; sleep 0.1; done
port() { sed -n "s/.* $1 [^ ]*:\([0-9]*\).*/\1/p" edge.log | head -1; }
udp=$(port udp) tls=$(port tls) https=$(port https)
cat edge.log

show "dig: a name that is not listed" "127.0.0.2" dig @127.0.0.1 -p "$udp" library.example +noall +answer
show "dig: a listed name leads to the block page, and the extended error says why" "EDE: 15 (Blocked): (games)" \
    dig @127.0.0.1 -p "$udp" games.example
show "kdig by TLS, as Android's private DNS asks: nobody known" "127.0.0.1" \
    kdig @127.0.0.1 -p "$tls" +tls-ca="$work/chain.pem" +tls-hostname=dns.test games.example +short
show "kdig by TLS with the device's own host name: it may play" "127.0.0.2" \
    kdig @127.0.0.1 -p "$tls" +tls-ca="$work/chain.pem" +tls-hostname="$token.dns.test" games.example +short
show "kdig by HTTPS with the device's own path, as in an Apple profile" "127.0.0.2" \
    kdig @127.0.0.1 -p "$https" +https="/dns-query/$token" +tls-ca="$work/chain.pem" +tls-hostname=dns.test games.example +short
show "curl by HTTPS: the answer's media type" "application/dns-message" \
    curl -s --cacert chain.pem -o answer -w '%{http_version} %{http_code} %{content_type}\n' \
    "https://127.0.0.1:$https/dns-query?dns=AAABAAABAAAAAAAABWdhbWVzB2V4YW1wbGUAAAEAAQ"

# Chromium keeps its DoH setting in the file "Local State", and believes the certificates that its user has added.
browse() { # TEMPLATE ADDRESS
    rm -rf home && mkdir -p home/.pki/nssdb home/profile
    certutil -d sql:home/.pki/nssdb -N --empty-password
    certutil -d sql:home/.pki/nssdb -A -t "C,," -n test -i chain.pem
    printf '{"dns_over_https":{"mode":"secure","templates":"%s"}}' "$1" >"home/profile/Local State"
    HOME=$work/home timeout 60 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
        --disable-background-networking --disable-component-update --disable-sync --user-data-dir="$work/home/profile" \
        --dump-dom "$2" 2>>chromium.log
}
show "Chromium with its DoH setting, nobody known: the block page" "Blocked at school" \
    browse "https://127.0.0.1:$https/dns-query" "http://games.example:$web/"
show "Chromium with the device's own template: it may play" "A page of the Internet" \
    browse "https://127.0.0.1:$https/dns-query/$token" "http://games.example:$web/"
show "Chromium, a name that is not listed" "A page of the Internet" \
    browse "https://127.0.0.1:$https/dns-query" "http://library.example:$web/"

echo
[ "$failed" = 0 ] && echo "==> All as it should be" || { echo "==> Something is not as it should be"; cat edge.err; exit 1; }

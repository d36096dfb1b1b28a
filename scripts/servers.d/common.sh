# What all servers share. Sourced; SCRIPTS is the folder above, DIR the folder of the set.

# Read by the servers' own files.
# shellcheck disable=SC2034
USERS=(user{0..19} alice bob lead clients projects anna tom paul)
# shellcheck disable=SC2034
DOMAINS=(agency.test client.test partner.test)
PASSWORD=pw
# Each user has an own uid: the kernel limits inotify instances per uid, and a Dovecot
# without inotify notices new mail half a minute late.
FIRST_UID=20000
MAIL_GID=20000
LOCK_FILE="${ACKD_SERVERS_LOCK:-/tmp/.ackd-servers.lock}"
PORT_NAMES=(DOVECOT_IMAP DOVECOT_IMAPS DOVECOT_LMTP SMTP SUBMISSION SUBMISSIONS
  CYRUS_IMAP CYRUS_IMAPS CYRUS_LMTP COURIER_IMAP)

say() { printf '%s\n' "$*" >&2; }

fail() {
  say "error: $*"
  exit 1
}

need_root() {
  [ "$(id -u)" = 0 ] || fail "$1 needs root: it installs Debian packages and starts mail servers that change users. Run it as root, in a container or a throw-away machine if you like"
}

# install_packages NAME...: installs what is missing, without starting any service.
install_packages() {
  local missing=() name policy=/usr/sbin/policy-rc.d made_policy=
  for name in "$@"; do
    dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed || missing+=("$name")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get > /dev/null || fail "these Debian packages are missing, and there is no apt-get: ${missing[*]}"
  say "installing ${missing[*]}"
  update_package_lists
  if [ ! -e "$policy" ]; then
    # The system's own instances are not wanted: packages must not start services.
    printf '#!/bin/sh\nexit 101\n' > "$policy"
    chmod 755 "$policy"
    made_policy=yes
  fi
  preseed_postfix
  local code=0
  DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 install \
    --no-install-recommends "${missing[@]}" > "/tmp/ackd-apt.$$.log" 2>&1 < /dev/null || code=$?
  [ -z "$made_policy" ] || rm -f "$policy"
  if [ $code != 0 ]; then
    tail -n 30 "/tmp/ackd-apt.$$.log" >&2
    fail "apt-get could not install ${missing[*]} (whole log: /tmp/ackd-apt.$$.log)"
  fi
  rm -f "/tmp/ackd-apt.$$.log"
}

preseed_postfix() {
  command -v debconf-set-selections > /dev/null || return 0
  printf 'postfix postfix/main_mailer_type select Local only\npostfix postfix/mailname string localhost\n' \
    | debconf-set-selections > /dev/null 2>&1 || true
}

update_package_lists() {
  [ -z "${ACKD_LISTS_ARE_FRESH:-}" ] || return 0
  local try
  for try in 1 2 3; do
    if apt-get -q -o DPkg::Lock::Timeout=300 update > /dev/null 2>&1 < /dev/null; then
      export ACKD_LISTS_ARE_FRESH=yes
      return 0
    fi
    sleep "$try"
  done
  say "apt-get update failed; going on with the package lists that are there"
}

# unpack FOLDER NAME...: unpacks Debian packages that can't be installed beside Dovecot.
# They are kept, so that the next set needs no network.
unpack() {
  local folder="$1" cache=/var/cache/ackd-servers name
  shift
  mkdir -p "$folder" "$cache"
  for name in "$@"; do
    if ! compgen -G "$cache/${name}_*.deb" > /dev/null; then
      update_package_lists
      (cd "$cache" && apt-get -q download "$name" > /dev/null 2>&1) \
        || fail "apt-get could not download the package $name"
    fi
    dpkg -x "$(compgen -G "$cache/${name}_*.deb" | tail -n 1)" "$folder"
  done
}

# The servers run as other users: every folder above must let them through.
reachable_by_others() {
  local path="$1"
  while [ "$path" != / ]; do
    case "$(stat -c %A "$path")" in
      *[xt]) ;;
      *) fail "$path can't be entered by other users, and mail servers run as such: choose a folder below /tmp" ;;
    esac
    path="$(dirname "$path")"
  done
}

listens() { (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null; }

# Chooses consecutive free ports below those the kernel gives to outgoing connections.
choose_ports() {
  local attempt base i free
  for attempt in $(seq 200); do
    base=$((20000 + RANDOM % 600 * 20))
    free=yes
    for i in "${!PORT_NAMES[@]}"; do
      ! listens $((base + i)) || free=
    done
    if [ -n "$free" ]; then
      for i in "${!PORT_NAMES[@]}"; do
        echo "${PORT_NAMES[$i]}_PORT=$((base + i))"
      done > "$DIR/ports"
      read_ports
      return 0
    fi
  done
  fail "no free ports between 20000 and 32000 on 127.0.0.1"
}

read_ports() {
  # shellcheck source=/dev/null
  . "$DIR/ports"
}

# wait_for_port NAME PORT: until somebody listens, 20 s at most.
wait_for_port() {
  local _
  for _ in $(seq 200); do
    ! listens "$2" || return 0
    sleep 0.1
  done
  fail "$1 does not listen on port $2 after 20 s; its logs are in $DIR"
}

# stop_pid_in FILE: ends the process whose pid is recorded there, and waits for it.
stop_pid_in() {
  local pid _
  [ -s "$1" ] || return 0
  pid="$(tr -d ' \n' < "$1")"
  kill "$pid" 2> /dev/null || return 0
  for _ in $(seq 100); do
    kill -0 "$pid" 2> /dev/null || return 0
    sleep 0.1
  done
  kill -9 "$pid" 2> /dev/null || true
}

# A throw-away authority and a certificate for localhost and 127.0.0.1.
make_certificates() {
  TLS="$DIR/tls"
  [ ! -s "$TLS/server.pem" ] || return 0
  mkdir -p "$TLS"
  openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj '/CN=ackd test authority' \
    -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign,cRLSign' \
    -keyout "$TLS/ca.key" -out "$TLS/ca.pem" 2> /dev/null
  openssl req -newkey rsa:2048 -nodes -subj '/CN=localhost' \
    -keyout "$TLS/server.key" -out "$TLS/server.csr" 2> /dev/null
  printf '%s\n' 'subjectAltName=DNS:localhost,DNS:mail.agency.test,IP:127.0.0.1' \
    'basicConstraints=CA:FALSE' 'extendedKeyUsage=serverAuth' > "$TLS/extensions"
  openssl x509 -req -in "$TLS/server.csr" -CA "$TLS/ca.pem" -CAkey "$TLS/ca.key" -CAcreateserial \
    -days 3650 -extfile "$TLS/extensions" -out "$TLS/server.pem" 2> /dev/null
  chmod 644 "$TLS"/*
}

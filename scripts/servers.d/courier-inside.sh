#!/usr/bin/env bash
# The part of Courier's start that runs where /etc/courier and /run/courier are its own:
#   courier-inside.sh FOLDER PORT PRIVATE      (PRIVATE 0: write to the machine's own place)
set -euo pipefail
home="$1" port="$2" private="$3"

if [ "$private" != 0 ]; then
  mount --bind "$home/etc" /etc/courier
  mount --bind "$home/run" /run/courier
else
  mkdir -p /run/courier/authdaemon
  cp -p "$home/etc/userdb" "$home/etc/authdaemonrc" /etc/courier/
fi
makeuserdb

authdaemond="$(dpkg -L courier-authlib | grep '/authdaemond$' | head -n 1)"
/usr/sbin/courierlogger -pid="$home/authdaemon.pid" -start -name=authdaemond "$authdaemond" \
  > /dev/null 2>&1 < /dev/null

set -a
# shellcheck source=/dev/null
. "$home/root/etc/courier/imapd"
IMAP_STARTTLS=NO
IMAP_TLS_REQUIRED=0
IMAPDSTART=YES
IMAP_USELOCKS=1
IMAP_ENHANCEDIDLE=1
IMAP_IDLE_TIMEOUT=60
PATH="$home/root/usr/bin:$home/root/usr/sbin:$PATH"
set +a
/usr/sbin/courierlogger -pid="$home/imapd.pid" -start -name=imapd \
  "$home/root/usr/sbin/couriertcpd" -address=127.0.0.1 -maxprocs=200 -maxperip=200 -nodnslookup -noidentlookup \
  "$port" "$home/root/usr/lib/courier/courier/imaplogin" "$home/root/usr/bin/imapd" Maildir \
  > /dev/null 2>&1 < /dev/null

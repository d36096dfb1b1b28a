# A private Cyrus IMAP (IMAP, IMAPS, LMTP) beside Dovecot. Sourced by scripts/servers.
# Debian's cyrus-imapd conflicts with dovecot-imapd, so only cyrus-common is installed; the
# programs of cyrus-imapd are unpacked.

cyrus_packages() {
  echo cyrus-common sasl2-bin libsasl2-modules libsasl2-modules-db
}

cyrus_configuration() {
  local home="$DIR/cyrus"
  # Without conf/socket Cyrus pushes nothing and polls every minute instead.
  mkdir -p "$home/conf/"{socket,db,proc,log,msg} "$home/spool" "$home/run/proc" "$home/etc"
  cp "$TLS/server.key" "$home/etc/server.key"
  cat > "$home/etc/imapd.conf" << CONF
configdirectory: $home/conf
defaultpartition: default
partition-default: $home/spool
temp_path: $home/run
proc_path: $home/run/proc
lmtpsocket: $home/run/lmtp
idlesocket: $home/run/idle
notifysocket: $home/run/notify
syslog_prefix: cyrus
cyrus_user: cyrus
admins: cyrus
allowplaintext: yes
sasl_mech_list: PLAIN LOGIN
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: $home/etc/sasldb2
unixhierarchysep: yes
altnamespace: yes
autocreate_quota: 0
autocreate_post: 1
autocreate_inbox_folders: Sent
autocreate_subscribe_folders: Sent
xlist-Sent: Sent
specialusealways: 1
conversations: no
tls_server_cert: $TLS/server.pem
tls_server_key: $home/etc/server.key
servername: mail.agency.test
lmtp_downcase_rcpt: yes
CONF
  cat > "$home/etc/cyrus.conf" << CONF
START {
  recover cmd="/usr/sbin/cyrus ctl_cyrusdb -C $home/etc/imapd.conf -r"
  idled cmd="$home/root/usr/lib/cyrus/bin/idled -C $home/etc/imapd.conf"
}
SERVICES {
  imap cmd="$home/root/usr/lib/cyrus/bin/imapd -C $home/etc/imapd.conf" listen="127.0.0.1:$CYRUS_IMAP_PORT" prefork=0 maxchild=200
  imaps cmd="$home/root/usr/lib/cyrus/bin/imapd -s -C $home/etc/imapd.conf" listen="127.0.0.1:$CYRUS_IMAPS_PORT" prefork=0 maxchild=200
  lmtp cmd="/usr/lib/cyrus/bin/lmtpd -a -C $home/etc/imapd.conf" listen="127.0.0.1:$CYRUS_LMTP_PORT" prefork=0 maxchild=20
}
EVENTS {
  checkpoint cmd="/usr/sbin/cyrus ctl_cyrusdb -C $home/etc/imapd.conf -c" period=30
}
CONF
}

cyrus_start() {
  local home="$DIR/cyrus" user master
  unpack "$home/root" cyrus-imapd
  cyrus_configuration
  for user in "${USERS[@]}"; do
    echo "$PASSWORD" | saslpasswd2 -p -c -f "$home/etc/sasldb2" -u mail.agency.test "$user"
  done
  chown -R cyrus:mail "$home"
  master="$(command -v cyrmaster || echo /usr/lib/cyrus/bin/master)"
  setsid "$master" -C "$home/etc/imapd.conf" -M "$home/etc/cyrus.conf" -p "$home/master.pid" \
    > "$home/master.log" 2>&1 < /dev/null &
  wait_for_port Cyrus "$CYRUS_IMAP_PORT"
  wait_for_port Cyrus "$CYRUS_LMTP_PORT"
}

cyrus_stop() { stop_pid_in "$DIR/cyrus/master.pid"; }

cyrus_env() {
  echo "ACKD_TEST_IMAP_CYRUS=127.0.0.1:$CYRUS_IMAP_PORT"
  echo "ACKD_TEST_IMAPS_CYRUS=127.0.0.1:$CYRUS_IMAPS_PORT"
  echo "ACKD_TEST_LMTP_CYRUS=127.0.0.1:$CYRUS_LMTP_PORT"
}

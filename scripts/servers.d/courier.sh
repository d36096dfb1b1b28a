# A private Courier IMAP (plain IMAP only) beside Dovecot. Sourced by scripts/servers.
# Debian's courier-imap conflicts with dovecot-imapd, so it is unpacked, not installed. Its
# user database has a fixed place, /etc/courier: each set sees its own one there, in a mount
# namespace of its own. Where namespaces are forbidden the machine's own place is written,
# and only one set with Courier can run at a time.

courier_packages() {
  echo courier-authlib courier-authlib-userdb libgamin0 libcourier-unicode4 libidn12
}

courier_maildirs() {
  local home="$DIR/courier" user folder password mail_uid mail_gid
  mail_uid="$(id -u mail)"
  mail_gid="$(id -g mail)"
  password="$(echo "$PASSWORD" | userdbpw -md5)"
  for user in "${USERS[@]}"; do
    for folder in cur new tmp .Sent/cur .Sent/new .Sent/tmp; do
      mkdir -p "$home/mail/$user/Maildir/$folder"
    done
    touch "$home/mail/$user/Maildir/.Sent/maildirfolder"
    printf '%s\tuid=%d|gid=%d|home=%s|mail=%s|systempw=%s\n' "$user" "$mail_uid" "$mail_gid" \
      "$home/mail/$user" "$home/mail/$user/Maildir" "$password"
  done > "$home/etc/userdb"
  chown -R mail:mail "$home/mail"
  chmod 600 "$home/etc/userdb"
}

courier_start() {
  local home="$DIR/courier" private=(unshare --mount --propagation private)
  unpack "$home/root" courier-imap courier-base
  mkdir -p "$home/etc" "$home/run/authdaemon" "$home/mail" /etc/courier /run/courier
  chmod 755 "$home" "$home/mail"
  courier_maildirs
  cat > "$home/etc/authdaemonrc" << CONF
authmodulelist="authuserdb"
authmodulelistorig="authuserdb"
daemons=3
authdaemonvar=/run/courier/authdaemon
subsystem=mail
DEBUG_LOGIN=0
DEFAULTOPTIONS=""
LOGGEROPTS=""
CONF
  if ! "${private[@]}" mount --bind "$home/etc" /etc/courier 2> /dev/null; then
    private=()
  fi
  "${private[@]}" "$SCRIPTS/servers.d/courier-inside.sh" "$home" "$COURIER_IMAP_PORT" "${#private[@]}"
  wait_for_port Courier "$COURIER_IMAP_PORT"
}

courier_stop() {
  local file
  for file in "$DIR/courier/imapd.pid" "$DIR/courier/authdaemon.pid"; do
    # courierlogger passes the end on to what it logs for.
    stop_pid_in "$file"
  done
}

courier_env() {
  echo "ACKD_TEST_IMAP_COURIER=127.0.0.1:$COURIER_IMAP_PORT"
  echo "ACKD_TEST_COURIER_MAIL=$DIR/courier/mail"
}

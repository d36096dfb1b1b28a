# shellcheck shell=bash
# A private Dovecot: IMAP (STARTTLS offered), IMAPS and LMTP. Sourced by scripts/servers.

dovecot_packages() { echo dovecot-core dovecot-imapd dovecot-lmtpd; }

dovecot_configuration() {
  local home="$DIR/dovecot" uid="$FIRST_UID" user
  mkdir -p "$home/etc" "$home/run" "$home/state" "$home/log" "$home/mail"
  chmod 755 "$home" "$home/run"
  chmod 1777 "$home/mail"
  for user in "${USERS[@]}"; do
    printf '%s:{PLAIN}%s:%d:%d::%s/mail/%s::\n' "$user" "$PASSWORD" "$uid" "$MAIL_GID" "$home" "$user"
    uid=$((uid + 1))
  done > "$home/etc/users"
  cat > "$home/etc/dovecot.conf" << CONF
base_dir = $home/run
state_dir = $home/state
instance_name = ackd-$DOVECOT_IMAP_PORT
log_path = $home/log/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = yes
ssl_cert = <$TLS/server.pem
ssl_key = <$TLS/server.key
ssl_dh =
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_username_format = %n
auth_failure_delay = 0
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:~/Maildir
mail_max_userip_connections = 0
recipient_delimiter = +
lmtp_save_to_detail_mailbox = no
default_vsz_limit = 2G
default_client_limit = 900
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%n $home/etc/users
}
userdb {
  driver = passwd-file
  args = username_format=%n $home/etc/users
}
namespace inbox {
  inbox = yes
  mailbox Sent {
    special_use = \Sent
    auto = subscribe
  }
  mailbox Drafts {
    special_use = \Drafts
    auto = create
  }
  mailbox Trash {
    special_use = \Trash
    auto = create
  }
}
service imap-login {
  service_count = 0
  inet_listener imap {
    port = $DOVECOT_IMAP_PORT
  }
  inet_listener imaps {
    port = $DOVECOT_IMAPS_PORT
    ssl = yes
  }
}
# A wrong password must not slow the other logins from the same address.
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service auth {
  unix_listener auth-userdb {
    mode = 0666
  }
  unix_listener auth-postfix {
    mode = 0666
  }
}
service lmtp {
  inet_listener lmtp {
    address = 127.0.0.1
    port = $DOVECOT_LMTP_PORT
  }
}
service stats {
  unix_listener stats-writer {
    mode = 0666
  }
}
protocol lmtp {
  postmaster_address = postmaster@agency.test
}
CONF
}

dovecot_start() {
  local version
  version="$(dovecot --version 2> /dev/null || true)"
  case "$version" in
    2.3.*) ;;
    *) fail "this configuration is for Dovecot 2.3 (Debian 12); found ${version:-none}" ;;
  esac
  dovecot_configuration
  dovecot -c "$DIR/dovecot/etc/dovecot.conf" > "$DIR/dovecot/log/start.log" 2>&1 < /dev/null || {
    cat "$DIR/dovecot/log/start.log" >&2
    fail "Dovecot did not start"
  }
  wait_for_port Dovecot "$DOVECOT_IMAP_PORT"
}

dovecot_stop() { stop_pid_in "$DIR/dovecot/run/master.pid"; }

dovecot_env() {
  echo "ACKD_TEST_IMAP_DOVECOT=127.0.0.1:$DOVECOT_IMAP_PORT"
  echo "ACKD_TEST_IMAPS_DOVECOT=127.0.0.1:$DOVECOT_IMAPS_PORT"
  echo "ACKD_TEST_LMTP_DOVECOT=127.0.0.1:$DOVECOT_LMTP_PORT"
}

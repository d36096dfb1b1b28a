# shellcheck shell=bash
# A private Postfix that gives all mail for the test domains to the private Dovecot and
# sends nothing anywhere else (no DNS, any other domain refused). Sourced by scripts/servers.

postfix_packages() { echo postfix dovecot-core dovecot-lmtpd; }

postfix_main_cf() {
  local home="$DIR/postfix"
  cat << CONF
compatibility_level = 3.6
queue_directory = $home/spool
data_directory = $home/data
maillog_file = $home/log/maillog
maillog_file_prefixes = $home
mail_owner = postfix
setgid_group = postdrop
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.agency.test
mydestination =
mynetworks = 127.0.0.0/8
relay_domains =
default_transport = error:no outside world here
relay_transport = error:no outside world here
local_recipient_maps =
alias_maps =
alias_database =
virtual_mailbox_domains = $(IFS=,; echo "${DOMAINS[*]}") regexp:$home/etc/subdomains
virtual_mailbox_maps =
virtual_transport = lmtp:inet:127.0.0.1:$DOVECOT_LMTP_PORT
lmtp_destination_concurrency_limit = 4
disable_dns_lookups = yes
smtp_host_lookup = native
lmtp_host_lookup = native
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_recipient_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination
smtpd_tls_cert_file = $TLS/server.pem
smtpd_tls_key_file = $TLS/server.key
smtpd_tls_security_level = may
smtpd_sasl_type = dovecot
smtpd_sasl_path = $DIR/dovecot/run/auth-postfix
smtpd_sasl_auth_enable = no
message_size_limit = 52428800
biff = no
CONF
}

postfix_master_cf() {
  cat << CONF
127.0.0.1:$SMTP_PORT inet n - n - - smtpd
127.0.0.1:$SUBMISSION_PORT inet n - n - - smtpd
  -o syslog_name=postfix/submission
  -o smtpd_tls_security_level=encrypt
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject
127.0.0.1:$SUBMISSIONS_PORT inet n - n - - smtpd
  -o syslog_name=postfix/submissions
  -o smtpd_tls_wrappermode=yes
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp      unix  - - n - - smtp
relay     unix  - - n - - smtp
showq     unix  n - n - - showq
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
local     unix  - n n - - local
virtual   unix  - n n - - virtual
lmtp      unix  - - n - - lmtp
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
CONF
}

postfix_start() {
  local home="$DIR/postfix"
  mkdir -p "$home/etc" "$home/spool" "$home/data" "$home/log"
  chown postfix "$home/data"
  chmod 755 "$home" "$home/etc" "$home/spool"
  printf '/\\.(%s)$/ here\n' "$(IFS='|'; echo "${DOMAINS[*]//./\\.}")" > "$home/etc/subdomains"
  postfix_main_cf > "$home/etc/main.cf"
  postfix_master_cf > "$home/etc/master.cf"
  # The master detaches only from a file: a pipe would be held open by it.
  postfix -c "$home/etc" start > "$home/log/start.log" 2>&1 < /dev/null || {
    cat "$home/log/start.log" >&2
    fail "Postfix did not start"
  }
  wait_for_port Postfix "$SMTP_PORT"
}

postfix_stop() { stop_pid_in "$DIR/postfix/spool/pid/master.pid"; }

postfix_env() {
  echo "ACKD_TEST_SMTP=127.0.0.1:$SMTP_PORT"
  echo "ACKD_TEST_SUBMISSION=127.0.0.1:$SUBMISSION_PORT"
  echo "ACKD_TEST_SUBMISSIONS=127.0.0.1:$SUBMISSIONS_PORT"
}

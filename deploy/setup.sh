#!/bin/sh
# Installs what building, testing and trying Freshmint needs and this machine lacks, and only that:
# the programs of a PostgreSQL server (never a running one), PgBouncer, libpq, a C compiler, make.
#
#   deploy/setup.sh [tests] [browser] [bench]
#
#   tests     also the programs of Postfix and Dovecot (never running ones), for the tests that hand mail to
#             them or read it there, Prometheus' promtool (never a running Prometheus), for those of
#             deploy/alerts.yml, and Schemathesis (from PyPI, in a folder of its own), for the one that asks
#             the API whatever its description allows
#   browser   also Chromium and its driver, for the tests that click
#   bench     also wrk, for the benches that need a load
set -eu

requirements=$(dirname "$0")/schemathesis.txt

main() {
    for extra; do
        case $extra in
        tests | browser | bench) ;;
        *) give_up "Usage: deploy/setup.sh [tests] [browser] [bench]" ;;
        esac
    done
    missing=$(find_missing "$@")
    if [ -n "$missing" ]; then
        # shellcheck disable=SC2086 # a list of words
        install_missing $missing
        missing=$(find_missing "$@" | tr '\n' ' ')
        [ -z "$missing" ] || give_up "Still missing after the installation: ${missing% }. $(by_hand)"
    fi
    for extra; do
        [ "$extra" != tests ] || has_postfix || echo "Another mail server is installed, and stays. Debian allows one at a time, so the tests that need Postfix fail here." >&2
    done
    has cargo || give_up "cargo is missing: install Rust with rustup, or from your system's packages if they are recent enough (see rust-version in Cargo.toml)."
}

# --- what is there ---

find_missing() {
    has make || echo make
    if has cc; then links_libpq || echo libpq; else echo cc libpq; fi
    has_postgres || echo postgres
    has_pgbouncer || echo pgbouncer
    for extra; do
        case $extra in
        tests)
            has_postfix || has_another_mail_server || echo postfix
            has_dovecot || echo dovecot
            may_become_root || echo uidmap
            has promtool || echo promtool
            has_schemathesis || {
                has_venv || echo venv
                echo schemathesis
            }
            ;;
        browser)
            has_chromium || echo chromium
            has chromedriver || echo chromedriver
            ;;
        bench) has wrk || echo wrk ;;
        esac
    done
}

has() { command -v "$1" >/dev/null 2>&1; }

# It is asked as tests/service/support/postfix.rs does; Debian puts it where only root's PATH leads.
has_postfix() {
    [ -x "$(PATH=$PATH:/usr/sbin postconf -d -h daemon_directory 2>/dev/null)/master" ]
}

# Debian puts it where only root's PATH leads.
has_dovecot() { has dovecot || [ -x /usr/sbin/dovecot ]; }

# Once for all working copies. It is written down last that all of it is there. The test looks there, too.
schemathesis_folder() {
    version=$(sed -n 's/^schemathesis==//p' "$requirements")
    echo "${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/freshmint/schemathesis-$version"
}

has_schemathesis() { [ -e "$(schemathesis_folder)/complete" ]; }

has_venv() { python3 -c 'import ensurepip, venv' >/dev/null 2>&1; }

has_another_mail_server() {
    dpkg-query -W -f '${Status}|${Provides}\n' 2>/dev/null |
        grep -q '^install ok installed|.*mail-transport-agent'
}

# Postfix begins as root: whoever is not becomes it in a user namespace of their own.
may_become_root() { [ "$(id -u)" -eq 0 ] || [ "$(uname)" != Linux ] || has newuidmap; }

# Linking asks the question that matters, wherever the library lies. pg_config is whom the build asks.
links_libpq() {
    folder=${PQ_LIB_DIR:-$(pg_config --libdir 2>/dev/null || :)}
    echo 'int PQlibVersion(void); int main(void) { return !PQlibVersion(); }' |
        cc -x c - -o /dev/null ${folder:+-L"$folder"} -lpq >/dev/null 2>&1
}

# The places where fakes/src/postgres/programs.rs looks.
has_postgres() {
    initdb=$(command -v initdb 2>/dev/null) && initdb=$(real_path "$initdb")
    for folder in "${initdb%/*}" /usr/lib/postgresql/*/bin /usr/pgsql-*/bin \
        /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin \
        /home/linuxbrew/.linuxbrew/opt/postgresql*/bin "$(pg_config --bindir 2>/dev/null || :)"; do
        [ -x "$folder/initdb" ] && [ -x "$folder/pg_ctl" ] && [ -x "$folder/postgres" ] && return 0
    done
    return 1
}

# Debian puts it where only root's PATH leads.
has_pgbouncer() { has pgbouncer || [ -x /usr/sbin/pgbouncer ]; }

real_path() { readlink -f "$1" 2>/dev/null || echo "$1"; }

has_chromium() {
    has chromium || has chromium-browser || has google-chrome ||
        [ -d /Applications/Chromium.app ] || [ -d "/Applications/Google Chrome.app" ]
}

# --- what is not ---

install_missing() {
    echo "Installing what is missing: $*"
    for need; do
        shift
        case $need in
        schemathesis) from_pypi=yes ;;
        *) set -- "$@" "$need" ;;
        esac
    done
    if [ $# -gt 0 ]; then
        with_packages "$@"
    fi
    [ -z "${from_pypi-}" ] || install_schemathesis
}

with_packages() {
    if has apt-get; then
        with_apt "$@"
    elif has dnf; then
        with_dnf "$@"
    elif has brew; then
        with_brew "$@"
    else
        give_up "Missing: $*. $(by_hand)"
    fi
}

with_apt() {
    for need; do
        case $need in
        make) set -- "$@" make ;;
        cc) set -- "$@" gcc libc6-dev ;;
        libpq) set -- "$@" libpq-dev ;;
        postfix) mail_server=yes ;;
        promtool) set_aside="${set_aside-} prometheus" ;;
        dovecot) set_aside="${set_aside-} dovecot-imapd" ;;
        uidmap) set -- "$@" uidmap ;;
        postgres) server=yes ;;
        pgbouncer) set -- "$@" pgbouncer ;;
        chromium) set -- "$@" chromium ;;
        chromedriver) set -- "$@" chromium-driver ;;
        wrk) set -- "$@" wrk ;;
        venv) set -- "$@" python3-venv ;;
        esac
        shift
    done
    as_root apt-get -qq update
    [ $# -eq 0 ] || apt_install "$@"
    [ -z "${mail_server-}" ] || apt_install_postfix
    [ -z "${set_aside-}" ] || apt_install_unstarted $set_aside
    [ -z "${server-}" ] || apt_install_postgres
}

# Debian's package asks how to set a mail server up, and starts it, which we have no use for. Told "No
# configuration" it asks nothing and writes no main.cf, and without that nothing starts, now or later.
apt_install_postfix() {
    echo 'postfix postfix/main_mailer_type select No configuration' | as_root debconf-set-selections
    apt_install --no-remove postfix
}

# promtool and Dovecot come with a service, which their packages start now and at each boot. A policy of
# Debian's own says no to the first, and it is disabled against the second. A policy that is there is
# somebody's: it stays, and what it says is done.
apt_install_unstarted() {
    policy=/usr/sbin/policy-rc.d
    if [ -e "$policy" ]; then
        apt_install "$@"
    else
        trap 'as_root rm -f "$policy"' EXIT
        trap 'exit 1' INT TERM
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod +x "$policy"
        apt_install "$@"
        as_root rm -f "$policy"
        trap - EXIT INT TERM
    fi
    for package; do
        ! has systemctl || as_root systemctl disable "${package%-imapd}" >/dev/null 2>&1 || :
    done
}

# Debian's package of a server creates and starts a database cluster, which we have no use for. The
# switch for that lies in a package of its own, so that comes first; it is set back afterwards, for
# whoever installs the next server may want its cluster. Clusters that are there are left alone.
apt_install_postgres() {
    apt_install postgresql-common
    switch=/etc/postgresql-common/createcluster.d/freshmint.conf
    as_root mkdir -p "${switch%/*}"
    echo 'create_main_cluster = false' | as_root tee "$switch" >/dev/null
    trap 'as_root rm -f "$switch"' EXIT
    trap 'exit 1' INT TERM
    apt_install postgresql
}

apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq -y --no-install-recommends -o DPkg::Lock::Timeout=120 install "$@"
}

with_dnf() {
    for need; do
        case $need in
        make) set -- "$@" make ;;
        cc) set -- "$@" gcc ;;
        libpq) set -- "$@" libpq-devel ;;
        postfix) set -- "$@" postfix ;;
        promtool) set -- "$@" golang-github-prometheus ;;
        dovecot) set -- "$@" dovecot ;;
        uidmap) set -- "$@" shadow-utils ;;
        postgres) set -- "$@" postgresql-server ;;
        pgbouncer) set -- "$@" pgbouncer ;;
        chromium) set -- "$@" chromium ;;
        chromedriver) set -- "$@" chromedriver ;;
        wrk) set -- "$@" wrk ;;
        venv) set -- "$@" python3 ;;
        esac
        shift
    done
    as_root dnf install -q -y "$@"
}

with_brew() {
    for need; do
        case $need in
        make | cc) give_up "The command line tools are missing: run xcode-select --install." ;;
        libpq) brew install -q libpq && echo "Homebrew keeps libpq to itself: put $(brew --prefix)/opt/libpq/bin on your PATH." ;;
        postfix) give_up "Postfix is missing, which macOS has in /usr/sbin, and Homebrew has not." ;;
        postgres) brew install -q postgresql@17 ;;
        promtool) brew install -q prometheus ;;
        dovecot) brew install -q dovecot ;;
        pgbouncer) brew install -q pgbouncer ;;
        chromium | chromedriver) brew install -q --cask "$need" ;;
        wrk) brew install -q wrk ;;
        venv) brew install -q python ;;
        esac
    done
}

# pip asks the index that it is set up for. What breaks off is begun anew the next time.
install_schemathesis() {
    folder=$(schemathesis_folder)
    rm -rf "$folder"
    mkdir -p "${folder%/*}"
    python3 -m venv "$folder"
    "$folder/bin/pip" install -q --no-input --disable-pip-version-check -r "$requirements"
    : >"$folder/complete"
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif has sudo; then
        sudo "$@"
    else
        give_up "Installing needs root, or sudo. $(by_hand)"
    fi
}

by_hand() {
    echo "Install by hand: PostgreSQL 14 or newer with its server programs (initdb, pg_ctl, postgres) and libpq's development files, PgBouncer, a C compiler, make; for the tests Postfix, Dovecot, Prometheus' promtool, uidmap where they are not run by root, and what deploy/schemathesis.txt lists, from PyPI; for the browser tests chromium and chromedriver; for the benches wrk."
}

give_up() {
    echo "$*" >&2
    exit 1
}

main "$@" </dev/null

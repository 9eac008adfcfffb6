# Looks after one private PostgreSQL: takes orders (create, start, stop) as lines on its input,
# answers each with "done" or "failed", and clears everything away when the input ends.
# The input is a pipe from the program that owns the server, so it ends however that program dies.
#
#   sh -c "$(cat supervisor.sh)" NAME BIN FOLDER SETTINGS
bin=$1 folder=$2 settings=$3
data=$folder/data log=$folder/log

# Only the end of the input ends us; not a signal, and not an answer that nobody is left to read.
trap '' HUP INT TERM PIPE
# Nothing of the owner's stays open here: `cargo test | tail` waits for all who hold its output.
exec 2>>"$log"

create() {
    "$bin/initdb" -D "$data" -U freshmint --auth=trust --locale=C -E UTF8 --no-sync >&2 &&
        printf '%s\n' "$settings" >>"$data/postgresql.conf"
}

start() { "$bin/pg_ctl" start -s -w -t 60 -D "$data" -l "$log" >&2; }

stop() { "$bin/pg_ctl" stop -s -w -t 10 -m "${1:-fast}" -D "$data" >&2; }

while read -r order; do
    case $order in create | start | stop) ;; *) continue ;; esac
    if "$order" </dev/null; then echo "done"; else echo "failed"; fi
done

# The data goes too, so nothing needs to reach the disk first.
[ ! -e "$data/postmaster.pid" ] || stop immediate
cd / && rm -rf -- "$folder"

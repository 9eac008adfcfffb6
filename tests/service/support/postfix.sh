# Looks after one private Postfix: takes "start" and "stop" as lines on its input, answers each with "done" or
# "failed", and clears everything away when the input ends. The input is a pipe from the test, so it ends
# however the test dies.
#
#   sh -c "$(cat postfix.sh)" NAME SBIN FOLDER
sbin=$1 folder=$2

# Only the end of the input ends us; not a signal, and not an answer that nobody is left to read.
trap '' HUP INT TERM PIPE
# Nothing of the test's stays open here: `cargo test | tail` waits for all who hold its output.
exec 2>>"$folder/supervisor.log"

# What `postfix check` makes; that also looks at the whole installation, which takes a second. The folders
# are its user's, who has to get there.
create() {
    chmod 755 "$folder" && mkdir -p "$folder/queue" "$folder/data" && cd "$folder/queue" &&
        mkdir -p active bounce corrupt defer deferred flush hold incoming maildrop pid private public \
            saved trace &&
        chown postfix active bounce corrupt defer deferred flush hold incoming private public saved \
            trace "$folder/data" &&
        chown postfix:postdrop maildrop public && chmod 730 maildrop && chmod 710 public
}

# In a session of its own, since it signals all processes of its group.
start() {
    create || return
    setsid "$sbin/master" -d -c "$folder/etc" </dev/null >&2 &
    master=$!
}

stop() { [ -z "$master" ] || { kill "$master" && wait "$master"; master=; }; }

master=
while read -r order; do
    case $order in start | stop) ;; *) continue ;; esac
    if "$order"; then echo "done"; else echo "failed"; fi
done

stop
cd / && rm -rf -- "$folder"
